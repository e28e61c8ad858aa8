import { createHmac, timingSafeEqual } from 'node:crypto'
import type { SignedRequest, Signatures } from '../consumers/consumer.ts'

/** OAuth 1 signatures (RFC 5849) by HMAC, the only kind that clients of identity make. */
export const oauth1Signatures: Signatures = {
  read: authorization => Object.fromEntries(pairsIn(authorization)),

  isRight(request, secrets) {
    const params = pairsIn(request.authorization)
    const given = new Map(params)
    const algorithm = algorithms.get(given.get('oauth_signature_method') ?? '')
    if (algorithm === undefined) return false
    const key = `${escaped(secrets.consumer)}&${escaped(secrets.token)}`
    const expected = createHmac(algorithm, key).update(textToSign(request, params)).digest('base64')
    return isSame(given.get('oauth_signature') ?? '', expected)
  },
}

const algorithms: ReadonlyMap<string, string> = new Map([
  ['HMAC-SHA1', 'sha1'],
  ['HMAC-SHA256', 'sha256'],
  ['HMAC-SHA512', 'sha512'],
])

function pairsIn(authorization: string): readonly (readonly [string, string])[] {
  if (!/^oauth /i.test(authorization)) return []
  return [...authorization.slice(6).matchAll(/([^=,\s]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
    unescaped(name),
    unescaped(value),
  ])
}

/** What is signed: the method, the address without its query, and all parameters in order (section 3.4.1). */
function textToSign({ method, url }: SignedRequest, params: readonly (readonly [string, string])[]): string {
  const { protocol, host, pathname, searchParams } = new URL(url)
  const signed = [...searchParams, ...params.filter(([name]) => name !== 'realm' && name !== 'oauth_signature')]
    .map(([name, value]) => [escaped(name), escaped(value)] as const)
    .sort(([name, value], [otherName, otherValue]) => (name === otherName ? order(value, otherValue) : order(name, otherName)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  return [method.toUpperCase(), `${protocol}//${host}${pathname}`, signed].map(escaped).join('&')
}

const order = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)

const escaped = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, mark => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Takes as long wherever the two differ. */
function isSame(shown: string, expected: string): boolean {
  const [one, other] = [Buffer.from(shown), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}
