import { type HttpClient, httpClient } from '@kilonova/platform/http/client.ts'
import { Refusal, type RefusalKind } from '@kilonova/platform/refusal.ts'

/** The network service's own API, asked with the token of whoever asks here: nobody sees or changes more than they could there. */
export interface NetworkAsker {
  /** The body of the answer. Refuses in the network service's words. */
  ask(token: string, route: string, body?: object): Promise<Readonly<Record<string, unknown>>>
}

const kinds: Readonly<Record<number, RefusalKind>> = {
  ...{ 400: 'invalid', 401: 'unauthenticated', 403: 'forbidden', 404: 'not-found', 409: 'conflict', 503: 'unavailable' },
}

export const networkAsker = (url: string, client: Pick<HttpClient, 'ask'> = httpClient({ url })): NetworkAsker => ({
  async ask(token, route, body) {
    const [method = 'GET', path = ''] = route.split(' ')
    const { status, body: said } = await client
      .ask({ method, path: `/v2.0${path}`, headers: { 'x-auth-token': token }, body })
      .catch(error => {
        throw new Refusal('unavailable', 'The network service does not answer.', { cause: error })
      })
    const told = typeof said === 'object' && said !== null ? { ...said } : {}
    if (status < 400) return told
    const { NeutronError: fault } = told as { readonly NeutronError?: { readonly message?: string; readonly type?: string } }
    throw new Refusal(kinds[status] ?? 'unavailable', fault?.message ?? `The network service answers ${status}.`, {
      ...(fault?.type === undefined ? {} : { code: fault.type }),
    })
  },
})
