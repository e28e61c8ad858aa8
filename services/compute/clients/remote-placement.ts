import {
  type Amounts,
  type Candidate,
  type CandidatesAsk,
  concurrentUpdate,
  type Held,
  type Hold,
  type PlacementRoom,
  type Provider,
  type ProviderWish,
  type Stock,
} from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { HttpAnswer, HttpClient } from '@kilonova/platform/http/client.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

export interface RemotePlacementWish {
  readonly client: Pick<HttpClient, 'ask'>
  /** Under whom compute asks. */
  readonly token: { get(): Promise<string>; forget(text: string): void }
}

/** The last version of placement that this was written for. */
const version = 'placement 1.39'
/** How many are asked for at a time. */
const atOnce = 8
/** How often a provider that others write at the same moment is looked at again. */
const attempts = 5

/** Placement in another process, over HTTP: what the room in this process promises, with more ways to go. */
export function remotePlacement({ client, token }: RemotePlacementWish): PlacementRoom {
  /** What candidates told of providers, for the same request's next question: they were read at the same moment. */
  const told = new WeakMap<Cause, ReadonlyMap<string, Provider>>()

  async function ask(method: string, path: string, cause: Cause, body?: unknown, isSecondTry = false): Promise<HttpAnswer> {
    const mine = await token.get()
    const headers = { 'x-auth-token': mine, 'openstack-api-version': version, 'x-openstack-request-id': cause.requestId }
    const answer = await client.ask({ method, path, headers, ...(body === undefined ? {} : { body }) }).catch(error => {
      throw new Refusal('unavailable', 'Placement does not answer.', { cause: error })
    })
    if (answer.status !== 401 || isSecondTry) return answer
    token.forget(mine)
    return ask(method, path, cause, body, true)
  }

  async function must<T>(method: string, path: string, cause: Cause, body?: unknown): Promise<T> {
    const answer = await ask(method, path, cause, body)
    if (answer.status < 300) return answer.body as T
    throw refusalOf(answer)
  }

  async function provider(uuid: string, cause: Cause): Promise<Provider | undefined> {
    const at = `/resource_providers/${uuid}`
    const found = await ask('GET', at, cause)
    if (found.status === 404) return undefined
    if (found.status >= 300) throw refusalOf(found)
    const plain = found.body as RawProvider
    const [inventories, usages, traits, aggregates] = await Promise.all([
      must<{ inventories: Record<string, RawStock> }>('GET', `${at}/inventories`, cause),
      must<{ usages: Record<string, number> }>('GET', `${at}/usages`, cause),
      must<{ traits: string[] }>('GET', `${at}/traits`, cause),
      must<{ aggregates: string[] }>('GET', `${at}/aggregates`, cause),
    ])
    return {
      ...{ uuid, name: plain.name, generation: plain.generation },
      ...{ rootUuid: plain.root_provider_uuid, parentUuid: plain.parent_provider_uuid },
      stock: new Map(
        Object.entries(inventories.inventories).map(([name, raw]) => [name, { ...stockOf(raw), used: usages.usages[name] ?? 0 }]),
      ),
      traits: new Set(traits.traits),
      aggregates: new Set(aggregates.aggregates),
    }
  }

  async function held(ids: readonly string[], cause: Cause): Promise<readonly Held[]> {
    const found = await inGroups(ids, async consumerId => {
      const raw = await must<RawHeld>('GET', `/allocations/${consumerId}`, cause)
      return Object.keys(raw.allocations).length === 0 ? undefined : heldOf(consumerId, raw)
    })
    return found.filter(one => one !== undefined)
  }

  async function ensure(wish: ProviderWish, cause: Cause): Promise<boolean> {
    const at = `/resource_providers/${wish.uuid}`
    const before = await provider(wish.uuid, cause)
    if (!before) await must('POST', '/resource_providers', cause, { uuid: wish.uuid, name: wish.name })
    const known: Pick<Provider, 'stock' | 'traits' | 'aggregates'> = before ?? {
      stock: new Map(),
      traits: new Set(),
      aggregates: new Set(),
    }
    let generation = before?.generation ?? 0
    const put = async (path: string, body: object) => {
      const answer = await must<{ resource_provider_generation: number }>('PUT', `${at}/${path}`, cause, {
        resource_provider_generation: generation,
        ...body,
      })
      generation = answer.resource_provider_generation
    }
    const stock = { ...Object.fromEntries(known.stock), ...wish.stock }
    const isStocked = Object.entries(wish.stock).every(([name, terms]) => isSame(known.stock.get(name), terms))
    if (!isStocked)
      await put('inventories', { inventories: Object.fromEntries(Object.entries(stock).map(([name, one]) => [name, rawOf(one)])) })
    const traits = [...new Set([...[...known.traits].filter(name => !wish.ownsTrait(name)), ...wish.traits])]
    const areMarked = areSame(known.traits, traits)
    if (!areMarked) {
      for (const name of traits) if (name.startsWith('CUSTOM_')) await must('PUT', `/traits/${name}`, cause)
      await put('traits', { traits })
    }
    const aggregates = [...new Set([...[...known.aggregates].filter(uuid => !wish.ownsAggregate(uuid)), ...wish.aggregates])]
    const areGrouped = areSame(known.aggregates, aggregates)
    if (!areGrouped) await put('aggregates', { aggregates })
    return !before || !isStocked || !areMarked || !areGrouped
  }

  return {
    held,

    async candidates(wish, cause) {
      const answer = await ask('GET', `/allocation_candidates?${queryOf(wish)}`, cause)
      if (answer.status >= 300) throw refusalOf(answer)
      const { allocation_requests: requests, provider_summaries: summaries } = answer.body as RawCandidates
      told.set(cause, new Map(Object.entries(summaries).map(([uuid, one]) => [uuid, summarized(uuid, one)])))
      return requests.map(({ allocations }): Candidate => {
        const amounts = new Map(Object.entries(allocations).map(([uuid, one]) => [uuid, one.resources]))
        const [first = ''] = amounts.keys()
        return { rootUuid: summaries[first]?.root_provider_uuid ?? first, allocations: amounts }
      })
    },

    async providers(cause, uuids) {
      const wanted =
        uuids ??
        (await must<{ resource_providers: RawProvider[] }>('GET', '/resource_providers', cause)).resource_providers.map(one => one.uuid)
      const known = uuids && told.get(cause)
      const found = await inGroups(wanted, async uuid => known?.get(uuid) ?? provider(uuid, cause))
      return found.filter(one => one !== undefined)
    },

    async holders(providerUuid, cause) {
      const { allocations } = await must<{ allocations: object }>('GET', `/resource_providers/${providerUuid}/allocations`, cause)
      return held(Object.keys(allocations), cause)
    },

    async hold(holds, cause) {
      await must('POST', '/allocations', cause, Object.fromEntries(holds.map(one => [one.consumerId, rawHold(one)])))
    },

    async ensureProvider(wish, cause) {
      for (let attempt = 1; ; attempt++)
        try {
          return await ensure(wish, cause)
        } catch (error) {
          if (attempt >= attempts || !(error instanceof Refusal) || error.code !== concurrentUpdate) throw error
        }
    },

    async removeProvider(uuid, cause) {
      const answer = await ask('DELETE', `/resource_providers/${uuid}`, cause)
      if (answer.status >= 300 && answer.status !== 404) throw refusalOf(answer)
    },
  }
}

interface RawProvider {
  readonly uuid: string
  readonly name: string
  readonly generation: number
  readonly root_provider_uuid: string
  readonly parent_provider_uuid: string | null
}
interface RawStock {
  readonly total: number
  readonly reserved: number
  readonly min_unit: number
  readonly max_unit: number
  readonly step_size: number
  readonly allocation_ratio: number
}
interface RawHeld {
  readonly allocations: Readonly<Record<string, { readonly resources: Amounts }>>
  readonly consumer_generation: number
  readonly project_id: string
  readonly user_id: string
  readonly consumer_type: string
}
interface RawSummary {
  readonly resources: Readonly<Record<string, { readonly capacity: number; readonly used: number }>>
  readonly traits: readonly string[]
  readonly root_provider_uuid: string
  readonly parent_provider_uuid: string | null
}
interface RawCandidates {
  readonly allocation_requests: readonly { readonly allocations: Readonly<Record<string, { readonly resources: Amounts }>> }[]
  readonly provider_summaries: Readonly<Record<string, RawSummary>>
}

const stockOf = (raw: RawStock): Stock => ({
  ...{ total: raw.total, reserved: raw.reserved, minUnit: raw.min_unit, maxUnit: raw.max_unit, stepSize: raw.step_size },
  allocationRatio: raw.allocation_ratio,
})
const rawOf = (stock: Stock): RawStock => ({
  ...{ total: stock.total, reserved: stock.reserved, min_unit: stock.minUnit, max_unit: stock.maxUnit, step_size: stock.stepSize },
  allocation_ratio: stock.allocationRatio,
})
const terms = ['total', 'reserved', 'minUnit', 'maxUnit', 'stepSize', 'allocationRatio'] as const
const isSame = (a: Stock | undefined, b: Stock) => a !== undefined && terms.every(name => a[name] === b[name])
const areSame = (known: ReadonlySet<string>, wanted: readonly string[]) =>
  known.size === wanted.length && wanted.every(one => known.has(one))

const heldOf = (consumerId: string, raw: RawHeld): Held => ({
  ...{ consumerId, generation: raw.consumer_generation, projectId: raw.project_id, userId: raw.user_id },
  type: raw.consumer_type === 'unknown' ? null : raw.consumer_type,
  allocations: Object.fromEntries(Object.entries(raw.allocations).map(([uuid, one]) => [uuid, one.resources])),
})
const rawHold = ({ allocations, projectId, userId, generation, type }: Hold) => ({
  allocations: Object.fromEntries(Object.entries(allocations).map(([uuid, resources]) => [uuid, { resources }])),
  ...{ project_id: projectId, user_id: userId, consumer_generation: generation, consumer_type: type },
})

/** A summary knows what may be given and is, not on which terms. */
const summarized = (uuid: string, { resources, traits, root_provider_uuid, parent_provider_uuid }: RawSummary): Provider => ({
  ...{ uuid, name: uuid, generation: 0, rootUuid: root_provider_uuid, parentUuid: parent_provider_uuid },
  stock: new Map(
    Object.entries(resources).map(([name, { capacity, used }]) => [
      name,
      { total: capacity, reserved: 0, minUnit: 1, maxUnit: capacity, stepSize: 1, allocationRatio: 1, used },
    ]),
  ),
  traits: new Set(traits),
  aggregates: new Set(),
})

function queryOf(wish: CandidatesAsk): string {
  const query = new URLSearchParams()
  for (const { suffix, resources, required, forbidden } of wish.groups) {
    const amounts = Object.entries(resources).map(([name, amount]) => `${name}:${amount}`)
    if (amounts.length > 0) query.append(`resources${suffix}`, amounts.join())
    const traits = [...required, ...forbidden.map(name => `!${name}`)]
    if (traits.length > 0) query.append(`required${suffix}`, traits.join())
  }
  for (const any of wish.memberOf) query.append('member_of', `in:${any.join()}`)
  if (wish.notMemberOf.length > 0) query.append('member_of', `!in:${wish.notMemberOf.join()}`)
  const root = [...wish.rootRequired, ...wish.rootForbidden.map(name => `!${name}`)]
  if (root.length > 0) query.append('root_required', root.join())
  if (wish.inTree !== undefined) query.append('in_tree', wish.inTree)
  const isGrouped = wish.groups.filter(one => one.suffix !== '').length > 1
  if (isGrouped) query.append('group_policy', wish.isolate ? 'isolate' : 'none')
  query.append('limit', String(wish.limit))
  return query.toString()
}

/** Placement's own words, with the code that tells who came second from who asks for too much. */
function refusalOf({ status, body }: HttpAnswer): Refusal {
  const [error] = (body as { errors?: readonly { detail?: string; code?: string }[] } | undefined)?.errors ?? []
  const message = error?.detail ?? `Placement answered ${status}.`
  if (status === 409) return new Refusal('conflict', message, error?.code === concurrentUpdate ? { code: concurrentUpdate } : {})
  if (status === 404) return new Refusal('not-found', message)
  if (status === 400) return new Refusal('invalid', message)
  return new Refusal('unavailable', message)
}

async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const found: R[] = []
  for (let at = 0; at < items.length; at += atOnce) found.push(...(await Promise.all(items.slice(at, at + atOnce).map(work))))
  return found
}
