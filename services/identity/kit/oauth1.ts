import { createHmac } from 'node:crypto'

export interface Pair {
  readonly id: string
  readonly secret: string
}

/** What a consumer signs with, on behalf of nobody or of whoever gave it a token. */
export interface Keys {
  readonly consumer: Pair
  readonly token?: Pair
}

/** The header by which a consumer signs a POST without a query, as a client's library makes it. */
export function signed(path: string, { consumer, token }: Keys, nowMs: number, more: Record<string, string> = {}): string {
  const params: Record<string, string> = {
    oauth_consumer_key: consumer.id,
    oauth_nonce: 'abc123',
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(nowMs / 1000)),
    oauth_version: '1.0',
    ...(token ? { oauth_token: token.id } : {}),
    ...more,
  }
  const text = Object.keys(params)
    .sort()
    .map(name => `${name}=${params[name]}`)
    .join('&')
  const base = ['POST', `http://cloud:5000${path}`, text].map(encodeURIComponent).join('&')
  const signature = createHmac('sha1', `${consumer.secret}&${token?.secret ?? ''}`)
    .update(base)
    .digest('base64')
  const all = { realm: '', ...params, oauth_signature: encodeURIComponent(signature) }
  return `OAuth ${Object.entries(all)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`
}

/** `oauth_token=...&oauth_token_secret=...` */
export function pairIn(form: string): Pair {
  const given = new URLSearchParams(form)
  return { id: given.get('oauth_token') ?? '', secret: given.get('oauth_token_secret') ?? '' }
}
