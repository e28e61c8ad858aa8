import type { HttpClient } from '@kilonova/platform/http/client.ts'

/** What a person can ask of the services, under a token of theirs. */
export interface Member {
  /** The body of a GET; rejects with the service's own words when it is refused. */
  get<Body>(service: string, path: string): Promise<Body>
  post<Body>(service: string, path: string, body: object): Promise<Body>
  remove(service: string, path: string): Promise<void>
  /** The first resource of the network service of this kind that has these values: `first('port', { device_id })`. */
  find(kind: NetworkKind, having: Readonly<Record<string, string>>): Promise<NetworkResource | undefined>
  create(kind: NetworkKind, wish: object): Promise<NetworkResource>
}

export type NetworkKind = 'network' | 'port' | 'floatingip' | 'security-group' | 'security-group-rule'

export interface NetworkResource {
  readonly id: string
  readonly [attribute: string]: unknown
}

/** `client` leads to the door of a service, by its name in services.ts. */
export function memberOf(client: (service: string) => HttpClient, token: () => Promise<string>): Member {
  const ask = async <Body>(service: string, method: string, path: string, body?: object): Promise<Body> => {
    const headers = { 'x-auth-token': await token() }
    const answer = await client(service).ask({ method, path, headers, ...(body ? { body } : {}) })
    if (answer.status >= 400) throw new Error(`${service} answered ${answer.status} to ${method} ${path}: ${wordsIn(answer.body)}`)
    return answer.body as Body
  }
  const member: Member = {
    get: (service, path) => ask(service, 'GET', path),
    post: (service, path, body) => ask(service, 'POST', path, body),
    remove: (service, path) => ask(service, 'DELETE', path),
    async find(kind, having) {
      const query = new URLSearchParams(having)
      const answer = await member.get<Readonly<Record<string, readonly NetworkResource[]>>>('neutron', `/v2.0/${kind}s?${query}`)
      return answer[pluralOf(kind)]?.[0]
    },
    async create(kind, wish) {
      const answer = await member.post<Readonly<Record<string, NetworkResource>>>('neutron', `/v2.0/${kind}s`, { [keyOf(kind)]: wish })
      const made = answer[keyOf(kind)]
      if (!made) throw new Error(`neutron made a ${kind} and did not show it`)
      return made
    },
  }
  return member
}

/** In bodies words are joined otherwise than in paths. */
const keyOf = (kind: NetworkKind) => kind.replaceAll('-', '_')
const pluralOf = (kind: NetworkKind) => `${keyOf(kind)}s`

/** Faults of all services have their message one level down. */
function wordsIn(body: unknown): string {
  if (typeof body !== 'object' || body === null) return String(body)
  for (const value of Object.values(body))
    if (typeof value === 'object' && value !== null && 'message' in value) return String(value.message)
  return JSON.stringify(body)
}
