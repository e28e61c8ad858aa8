import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { CandidatesWish } from '../allocation-candidates/allocation-candidate.ts'
import type { Allocation, Consumer } from '../allocations/allocation.ts'
import {
  type CandidatesAsk,
  concurrentUpdate,
  type Held,
  type PlacementRoom,
  type Provider,
  type ProviderWish,
} from '../contract/placement.ts'
import type { Stock } from '../inventories/logic.ts'
import type { Logics } from '../routes.ts'

/** How often a provider that others write at the same moment is looked at again. */
const attempts = 5

type Rooms = Pick<Logics, 'candidates' | 'landscape' | 'allocations' | 'providers' | 'inventories' | 'traits' | 'aggregates' | 'classes'>

/** Placement for its neighbours in this process: no HTTP, the same rules. */
export const placementRoom = (logics: Rooms): PlacementRoom => ({
  async candidates(ask) {
    const { candidates, places } = await logics.candidates.find(wishOf(ask))
    const rootOf = new Map(places.map(place => [place.uuid, place.rootUuid]))
    return candidates.map(({ allocations }) => {
      const [first = ''] = allocations.keys()
      return { rootUuid: rootOf.get(first) ?? first, allocations }
    })
  },

  async providers(_, uuids) {
    const { places } = await logics.landscape.current()
    if (uuids === undefined) return [...places.values()]
    return uuids.flatMap(uuid => {
      const place = places.get(uuid)
      return place ? [place] : []
    })
  },

  held: async ids => heldOf(await logics.allocations.ofConsumers(ids)),

  async holders(providerUuid) {
    const { allocations } = await logics.allocations.ofProvider(providerUuid)
    return heldOf(await logics.allocations.ofConsumers([...new Set(allocations.map(one => one.consumerUuid))]))
  },

  hold: (holds, cause) =>
    logics.allocations.claim(
      holds.map(({ consumerId, ...hold }) => ({ ...hold, consumerUuid: consumerId })),
      why => why,
      cause,
    ),

  async ensureProvider(wish, cause) {
    for (let attempt = 1; ; attempt++)
      try {
        return await ensure(logics, wish, cause)
      } catch (error) {
        if (attempt >= attempts || !(error instanceof Refusal) || error.code !== concurrentUpdate) throw error
      }
  },

  removeProvider: (uuid, cause) =>
    logics.providers.delete(uuid, cause).catch(error => {
      if (!(error instanceof Refusal) || error.kind !== 'not-found') throw error
    }),
})

const wishOf = ({ groups, memberOf, notMemberOf, rootRequired, rootForbidden, inTree, isolate, limit }: CandidatesAsk): CandidatesWish => ({
  groups: groups.map(({ suffix, resources, required, forbidden }) => ({
    ...{ suffix, resources, forbidden },
    required: required.map(name => [name]),
    memberOf: suffix === '' ? memberOf : [],
    notMemberOf: suffix === '' ? notMemberOf : [],
    inTree: suffix === '' ? inTree : undefined,
  })),
  ...{ limit, isolate, rootRequired, rootForbidden },
  sameSubtrees: [],
  knowsTrees: true,
})

function heldOf({ consumers, allocations }: { readonly consumers: readonly Consumer[]; readonly allocations: readonly Allocation[] }) {
  const byConsumer = Map.groupBy(allocations, one => one.consumerUuid)
  return consumers.map(({ uuid, generation, projectId, userId, type }): Held => {
    const amounts: Record<string, Record<string, number>> = {}
    for (const { providerUuid, resourceClass, used } of byConsumer.get(uuid) ?? [])
      amounts[providerUuid] = { ...amounts[providerUuid], [resourceClass]: used }
    return { consumerId: uuid, generation, projectId, userId, type, allocations: amounts }
  })
}

/** One part after the other, each under the generation that the one before left, and only where something differs. */
async function ensure(logics: Rooms, wish: ProviderWish, cause: Cause): Promise<boolean> {
  const before = await find(logics, wish, cause)
  const isNew = before === undefined
  const known = before ?? blank(await logics.providers.create({ name: wish.name, uuid: wish.uuid }, cause))
  let { generation } = known
  const stock: Record<string, Stock[string]> = Object.fromEntries(known.stock)
  const isStocked = Object.entries(wish.stock).every(([name, terms]) => isSame(stock[name], terms))
  if (!isStocked)
    generation = (await logics.inventories.replace(wish.uuid, generation, { ...stock, ...wish.stock }, { mayReserveAll: true }, cause))
      .provider.generation
  const traits = [...known.traits].filter(name => !wish.ownsTrait(name)).concat(wish.traits)
  const areTraitsNew = !areSame(known.traits, traits)
  if (areTraitsNew) {
    for (const name of traits) if (name.startsWith('CUSTOM_')) await logics.traits.ensure(name, cause)
    generation = (await logics.traits.setOfProvider(wish.uuid, generation, traits, cause)).provider.generation
  }
  const aggregates = [...known.aggregates].filter(uuid => !wish.ownsAggregate(uuid)).concat(wish.aggregates)
  const areGroupsNew = !areSame(known.aggregates, aggregates)
  if (areGroupsNew) await logics.aggregates.set(wish.uuid, aggregates, generation, cause)
  return isNew || !isStocked || areTraitsNew || areGroupsNew
}

/** Under its id. One of its name and another id stands in the way: it goes, unless somebody holds something of it. */
async function find({ landscape, providers }: Rooms, { uuid, name }: ProviderWish, cause: Cause): Promise<Provider | undefined> {
  const { places } = await landscape.current()
  const known = places.get(uuid)
  if (known?.name === name) return known
  if (known) {
    await providers.update(uuid, { name }, false, cause)
    return known
  }
  const [other] = await landscape.list({ name })
  if (other) await providers.delete(other.uuid, cause)
  return undefined
}

const blank = ({ uuid, name, generation }: { readonly uuid: string; readonly name: string; readonly generation: number }): Provider => ({
  ...{ uuid, name, generation, rootUuid: uuid, parentUuid: null },
  stock: new Map(),
  traits: new Set(),
  aggregates: new Set(),
})

const terms = ['total', 'reserved', 'minUnit', 'maxUnit', 'stepSize', 'allocationRatio'] as const
const isSame = (a: Stock[string] | undefined, b: Stock[string]) => a !== undefined && terms.every(name => a[name] === b[name])
const areSame = (known: ReadonlySet<string>, wanted: readonly string[]) =>
  known.size === new Set(wanted).size && wanted.every(one => known.has(one))
