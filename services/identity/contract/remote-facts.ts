import { Refusal } from '@kilonova/platform/refusal.ts'
import type { CloudFacts } from './cloud-facts.ts'
import type { IdentityClient, ServiceUser } from './remote-validator.ts'

interface RemoteFactsWish {
  readonly client: Pick<IdentityClient, 'ask'>
  readonly user: ServiceUser
}

interface Service {
  readonly id: string
  readonly type: string
}

interface OfService {
  readonly service_id: string
  readonly region_id: string | null
  readonly resource_name: string
}

/**
 * What a service asks identity about the cloud, over HTTP, under its own user: its token's catalog, and the limits. Limits are read with a token of
 * the whole system, as oslo.limit does: the user needs a role there (`openstack role add --user glance --system all reader`).
 */
export const remoteFacts = (wish: RemoteFactsWish): CloudFacts => ({
  async findEndpoint({ serviceType, region, interface: wanted }) {
    const { projectName: name, projectDomain: domain } = wish.user
    const { catalog } = await signIn(wish, { project: { name, domain } })
    const endpoints = catalog.filter(({ type }) => type === serviceType).flatMap(service => service.endpoints)
    return endpoints.find(one => one.region_id === region && one.interface === wanted)?.url
  },

  async limitsOf({ projectId, serviceType, region }) {
    const { text } = await signIn(wish, { system: { all: true } })
    const get = async <T>(path: string) => (await asked(wish, { method: 'GET', path, headers: { 'x-auth-token': text } }, 200)).body as T
    const { services } = await get<{ services: readonly Service[] }>(`/v3/services?type=${encodeURIComponent(serviceType)}`)
    const ids = services.map(({ id }) => id)
    const nearestLast = <L extends OfService>(all: readonly L[]) =>
      all
        .filter(one => ids.includes(one.service_id) && (one.region_id === null || one.region_id === region))
        .toSorted((a, b) => Number(a.region_id !== null) - Number(b.region_id !== null))
    const { registered_limits: registered } = await get<{ registered_limits: readonly (OfService & { default_limit: number })[] }>(
      '/v3/registered_limits',
    )
    const { limits } = await get<{ limits: readonly (OfService & { resource_limit: number })[] }>(
      `/v3/limits?project_id=${encodeURIComponent(projectId)}`,
    )
    return new Map([
      ...nearestLast(registered).map(one => [one.resource_name, one.default_limit] as const),
      ...nearestLast(limits).map(one => [one.resource_name, one.resource_limit] as const),
    ])
  },
})

interface SignedIn {
  readonly text: string
  readonly catalog: readonly {
    readonly type: string
    readonly endpoints: readonly { readonly region_id: string | null; readonly interface: string; readonly url: string }[]
  }[]
}

/** Anew each time: both are asked for seldom, and a token that is kept can be a token that has ended. */
async function signIn({ client, user }: RemoteFactsWish, scope: object): Promise<SignedIn> {
  const { username: name, password, userDomain: domain } = user
  const auth = { identity: { methods: ['password'], password: { user: { name, password, domain } } }, scope }
  const answer = await asked({ client }, { method: 'POST', path: '/v3/auth/tokens', body: { auth } }, 201)
  const { token } = answer.body as { token: { catalog?: SignedIn['catalog'] } }
  return { text: answer.header('x-subject-token') ?? '', catalog: token.catalog ?? [] }
}

async function asked({ client }: Pick<RemoteFactsWish, 'client'>, wish: Parameters<IdentityClient['ask']>[0], expected: number) {
  const refuse = (why: unknown) => new Refusal('unavailable', 'The identity service cannot be asked.', { cause: why, retryAfterS: 5 })
  const answer = await client.ask(wish).catch((cause: unknown) => {
    throw refuse(cause)
  })
  if (answer.status === expected) return answer
  throw refuse(new Error(`${wish.method} ${wish.path} was answered ${answer.status}`))
}
