import { type HttpClient, httpClient } from '@kilonova/platform/http/client.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

/** Programs of the operator that are asked what else a guest shall be told. */
export interface VendorRules {
  /** `name@url` */
  readonly targets: readonly string[]
  readonly timeoutMs: number
  /** A guest is told nothing rather than less. */
  readonly isFatal: boolean
}

export type VendorData = Readonly<Record<string, unknown>>
export type AskVendors = (rules: VendorRules, guest: Readonly<Record<string, unknown>>, serverId: string) => Promise<VendorData>

/** Under whom programs are asked: `[vendordata_dynamic_auth]`. */
export interface VendorToken {
  get(): Promise<string>
  forget(token: string): void
}

type Clients = (wish: { readonly url: string; readonly timeoutMs: number }) => Pick<HttpClient, 'ask'>

/** All are asked at once; what each answers stands under its name. */
export const vendorAsker =
  (log: Pick<Log, 'warn'>, token?: VendorToken, clientOf: Clients = httpClient): AskVendors =>
  async ({ targets, timeoutMs, isFatal }, guest, serverId) => {
    const skip = (target: string, why: string) => log.warn('a vendor data target is left out', { instance_id: serverId, target, why })
    const urls = new Map<string, string>()
    for (const target of targets) {
      const [, name, url] = /^([^@]*)@(.*)$/s.exec(target) ?? []
      if (name === undefined || url === undefined) skip(target, 'it has no name')
      else if (urls.has(name)) skip(target, 'another has its name')
      else urls.set(name, url)
    }
    const asked = [...urls].map(async ([name, url]) => {
      const answer = await answerOf(clientOf({ url, timeoutMs }), guest, token).catch(error => {
        log.warn('vendor data could not be asked for', { instance_id: serverId, target: name, url, error })
        if (isFatal) throw new Refusal('unavailable', `Error from dynamic vendordata service ${name} at ${url}.`, { cause: error })
        return {}
      })
      return [name, answer] as const
    })
    return Object.fromEntries(await Promise.all(asked))
  }

async function answerOf(
  client: Pick<HttpClient, 'ask'>,
  guest: object,
  token: VendorToken | undefined,
  isSecondTry = false,
): Promise<unknown> {
  const mine = await token?.get()
  const headers = { 'user-agent': 'openstack-nova-vendordata', ...(mine === undefined ? {} : { 'x-auth-token': mine }) }
  const { status, body } = await client.ask({ method: 'POST', path: '', headers, body: guest })
  if (status === 401 && token && mine !== undefined && !isSecondTry) {
    token.forget(mine)
    return answerOf(client, guest, token, true)
  }
  if (status >= 400) throw new Error(`it answers ${status}`)
  if (body === '') return {}
  return typeof body === 'string' ? JSON.parse(body) : body
}
