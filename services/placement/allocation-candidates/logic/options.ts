import { sharesViaAggregate } from '../../traits/trait/trait.ts'
import { hasRoomFor } from '../../inventories/inventory.ts'
import { hasRoom, meets } from '../../landscape/logic.ts'
import type { Landscape, Place, Places } from '../../landscape/landscape.ts'
import type { CandidatesWish, Group } from '../allocation-candidate.ts'

/** One choice to be made: which provider meets a whole group, or one class of the group without a suffix. */
export interface Slot {
  readonly group: Group
  /** What the provider gives. */
  readonly gives: readonly (readonly [resourceClass: string, amount: number])[]
  readonly options: readonly Place[]
}

/** Where a request may be met: a tree, known by its root, with the providers that share with it. */
export interface Anchor {
  readonly root: Place
  readonly tree: Places
  readonly sharing: readonly Place[]
}

/** The choices at an anchor; nothing when one of them has no options. */
export function slotsAt(landscape: Landscape, anchor: Anchor, groups: readonly Group[]): readonly Slot[] | undefined {
  const slots: Slot[] = []
  for (const group of groups)
    for (const slot of group.suffix === '' ? slotsOfLoose(landscape, anchor, group) : [slotOfTight(landscape, anchor, group)]) {
      if (slot.options.length === 0) return undefined
      slots.push(slot)
    }
  return slots
}

const isInTree = (landscape: Landscape, place: Place, inTree: string | undefined) =>
  inTree === undefined || landscape.places.get(inTree)?.rootUuid === place.rootUuid

function slotOfTight(landscape: Landscape, { tree, sharing }: Anchor, group: Group): Slot {
  const fits = (place: Place) => hasRoom(place, group.resources) && meets(place, group) && isInTree(landscape, place, group.inTree)
  const options: Place[] = []
  for (const place of tree.values()) if (fits(place)) options.push(place)
  for (const place of sharing) if (fits(place)) options.push(place)
  return { group, gives: Object.entries(group.resources), options }
}

/**
 * Each class from whoever has it: in the tree, or sharing with it unless the request is bound to a tree. A provider of the tree is in an
 * aggregate when its root is; one that shares must be so itself. Traits are looked at when all choices are made, as they count together.
 */
function slotsOfLoose(landscape: Landscape, { root, tree, sharing }: Anchor, group: Group): readonly Slot[] {
  const { resources, forbidden, memberOf, notMemberOf, inTree } = group
  const isBarred = ({ traits, aggregates }: Place) =>
    forbidden.some(name => traits.has(name)) || notMemberOf.some(uuid => aggregates.has(uuid))
  const isMember = ({ aggregates }: Place) => memberOf.every(any => any.some(uuid => aggregates.has(uuid)))
  const isBarredTree = !isInTree(landscape, root, inTree) || notMemberOf.some(uuid => root.aggregates.has(uuid))
  const isMemberTree = memberOf.length > 0 && isMember(root)
  return Object.entries(resources).map(([resourceClass, amount]) => {
    const options: Place[] = []
    const consider = (place: Place, isMemberAlready: boolean) => {
      const inventory = place.stock.get(resourceClass)
      if (inventory && hasRoomFor(inventory, amount) && !isBarred(place) && (isMemberAlready || isMember(place))) options.push(place)
    }
    if (!isBarredTree) {
      for (const place of tree.values()) consider(place, isMemberTree)
      if (inTree === undefined) for (const place of sharing) consider(place, false)
    }
    return { group, gives: [[resourceClass, amount] as const], options }
  })
}

/** Every anchor at which the request could be met, each once. Looks only around the providers of what is rarest in the request. */
export function* anchorsFor(landscape: Landscape, wish: CandidatesWish): Generator<Anchor> {
  const sharers = landscape.marked(sharesViaAggregate)
  const byAggregate = new Map<string, Place[]>()
  for (const place of sharers.values())
    for (const uuid of place.aggregates) {
      const found = byAggregate.get(uuid)
      if (found) found.push(place)
      else byAggregate.set(uuid, [place])
    }
  const seen = new Set<string>()
  for (const sets of [rarest(landscape, wish.groups)])
    for (const places of sets)
      for (const place of places.values())
        for (const rootUuid of anchorsOf(landscape, place, sharers)) {
          if (seen.has(rootUuid)) continue
          seen.add(rootUuid)
          const root = landscape.places.get(rootUuid)
          if (!root || !isWantedRoot(root, wish)) continue
          const tree = landscape.treeOf(rootUuid)
          yield { root, tree, sharing: sharingWith(tree, byAggregate, rootUuid) }
        }
}

const isWantedRoot = ({ traits }: Place, { rootRequired, rootForbidden }: CandidatesWish) =>
  rootRequired.every(name => traits.has(name)) && !rootForbidden.some(name => traits.has(name))

/** The roots of the trees a provider can serve: its own, and where it shares those of all who are in an aggregate with it. */
function* anchorsOf(landscape: Landscape, place: Place, sharers: Places): Generator<string> {
  yield place.rootUuid
  if (!sharers.has(place.uuid)) return
  for (const uuid of place.aggregates) for (const other of landscape.inAggregate(uuid).values()) yield other.rootUuid
}

function sharingWith(tree: Places, byAggregate: ReadonlyMap<string, readonly Place[]>, rootUuid: string): readonly Place[] {
  if (byAggregate.size === 0) return []
  const found = new Set<Place>()
  for (const { aggregates } of tree.values())
    for (const uuid of aggregates) for (const sharer of byAggregate.get(uuid) ?? []) if (sharer.rootUuid !== rootUuid) found.add(sharer)
  return [...found]
}

/**
 * A few sets of providers of which every answer uses one, or has one as its root: those of a class that is asked for, of a tree, those with
 * one of several traits, those in one of several aggregates; of all these the smallest.
 */
function rarest(landscape: Landscape, groups: readonly Group[]): readonly Places[] {
  const choices: (readonly Places[])[] = []
  for (const { suffix, resources, required, memberOf, inTree } of groups) {
    for (const name of Object.keys(resources)) choices.push([landscape.having(name)])
    for (const any of required) choices.push(any.map(landscape.marked))
    if (Object.keys(resources).length > 0 || suffix !== '') for (const any of memberOf) choices.push(any.map(landscape.inAggregate))
    const root = inTree === undefined ? undefined : landscape.places.get(inTree)?.rootUuid
    if (inTree !== undefined) choices.push(root === undefined ? [] : [landscape.treeOf(root)])
  }
  const sizeOf = (sets: readonly Places[]) => sets.reduce((sum, set) => sum + set.size, 0)
  return choices.length === 0 ? [] : choices.reduce((a, b) => (sizeOf(b) < sizeOf(a) ? b : a))
}
