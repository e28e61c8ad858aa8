import { sharesViaAggregate } from '../../traits/trait/trait.ts'
import { hasRoomFor } from '../../inventories/inventory.ts'
import { meets } from '../../landscape/logic.ts'
import type { Landscape, Place, Places } from '../../landscape/landscape.ts'
import type { CandidatesWish, Group } from '../allocation-candidate.ts'

/** One choice to be made: which provider meets a whole group, or one class of the group without a suffix. */
export interface Choice {
  readonly group: Group
  /** What the provider gives. */
  readonly gives: readonly (readonly [resourceClass: string, amount: number])[]
  /** The root of the tree the group is bound to. */
  readonly treeUuid: string | undefined
  /** Whether anything is asked but room. */
  readonly isPlain: boolean
}

/** Where a request may be met: a tree, known by its root, with the providers that share with it. */
export interface Anchor {
  readonly root: Place
  readonly tree: readonly Place[]
  readonly sharing: readonly Place[]
}

/** The choices of a request, wherever it is met; nothing when it is bound to a tree that is not there. */
export function choicesOf(landscape: Landscape, groups: readonly Group[]): readonly Choice[] | undefined {
  const choices: Choice[] = []
  for (const group of groups) {
    const treeUuid = group.inTree === undefined ? undefined : landscape.places.get(group.inTree)?.rootUuid
    if (group.inTree !== undefined && treeUuid === undefined) return undefined
    const { required, forbidden, memberOf, notMemberOf } = group
    const isTight = group.suffix !== ''
    const asked = forbidden.length + memberOf.length + notMemberOf.length + (isTight ? required.length : 0)
    const gives = Object.entries(group.resources)
    for (const some of isTight ? [gives] : gives.map(one => [one]))
      choices.push({ group, gives: some, treeUuid, isPlain: asked === 0 && treeUuid === undefined })
  }
  return choices
}

/** Who may be chosen at an anchor, for each choice; nothing when for one of them nobody may. */
export function optionsAt(anchor: Anchor, choices: readonly Choice[]): readonly (readonly Place[])[] | undefined {
  const found: (readonly Place[])[] = []
  for (const choice of choices) {
    const options = choice.isPlain
      ? withRoom(choice, anchor)
      : choice.group.suffix === ''
        ? ofLoose(choice, anchor)
        : ofTight(choice, anchor)
    if (options.length === 0) return undefined
    found.push(options)
  }
  return found
}

function gives(place: Place, choice: Choice): boolean {
  for (const [resourceClass, amount] of choice.gives) {
    const inventory = place.stock.get(resourceClass)
    if (inventory === undefined || !hasRoomFor(inventory, amount)) return false
  }
  return true
}

function withRoom(choice: Choice, { tree, sharing }: Anchor): readonly Place[] {
  const options: Place[] = []
  for (const place of tree) if (gives(place, choice)) options.push(place)
  for (const place of sharing) if (gives(place, choice)) options.push(place)
  return options
}

function ofTight(choice: Choice, anchor: Anchor): readonly Place[] {
  const { group, treeUuid } = choice
  return withRoom(choice, anchor).filter(place => meets(place, group) && (treeUuid === undefined || treeUuid === place.rootUuid))
}

/**
 * In the tree, or sharing with it unless the request is bound to a tree. A provider of the tree is in an aggregate when its root is; one
 * that shares must be so itself. Traits that are required are looked at when all choices are made, as they count together.
 */
function ofLoose(choice: Choice, { root, tree, sharing }: Anchor): readonly Place[] {
  const { forbidden, memberOf, notMemberOf } = choice.group
  const { treeUuid } = choice
  if (treeUuid !== undefined && treeUuid !== root.uuid) return []
  const isBarred = ({ traits, aggregates }: Place) =>
    forbidden.some(name => traits.has(name)) || notMemberOf.some(uuid => aggregates.has(uuid))
  const isMember = ({ aggregates }: Place) => memberOf.every(any => any.some(uuid => aggregates.has(uuid)))
  if (notMemberOf.some(uuid => root.aggregates.has(uuid))) return []
  const areMembers = isMember(root)
  const options: Place[] = []
  for (const place of tree) if (gives(place, choice) && !isBarred(place) && (areMembers || isMember(place))) options.push(place)
  if (treeUuid === undefined)
    for (const place of sharing) if (gives(place, choice) && !isBarred(place) && isMember(place)) options.push(place)
  return options
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
  const sets = rarest(landscape, wish.groups)
  const comesOnce = byAggregate.size === 0 && sets.length === 1
  const seen = new Set<string>()
  for (const places of sets)
    for (const place of places.values()) {
      if (comesOnce && place.isAlone) {
        if (isWantedRoot(place, wish)) yield { root: place, tree: [place], sharing: nobody }
        continue
      }
      for (const rootUuid of sharers.has(place.uuid) ? anchorsOfSharer(landscape, place) : [place.rootUuid]) {
        if (seen.has(rootUuid)) continue
        seen.add(rootUuid)
        const root = landscape.places.get(rootUuid)
        if (!root || !isWantedRoot(root, wish)) continue
        const tree = root.isAlone ? [root] : [...landscape.treeOf(rootUuid).values()]
        yield { root, tree, sharing: sharingWith(tree, byAggregate, rootUuid) }
      }
    }
}

const isWantedRoot = ({ traits }: Place, { rootRequired, rootForbidden }: CandidatesWish) =>
  rootRequired.every(name => traits.has(name)) && !rootForbidden.some(name => traits.has(name))

/** The roots of the trees that a provider which shares can serve: its own, and those of all who are in an aggregate with it. */
function* anchorsOfSharer(landscape: Landscape, place: Place): Generator<string> {
  yield place.rootUuid
  for (const uuid of place.aggregates) for (const other of landscape.inAggregate(uuid).values()) yield other.rootUuid
}

const nobody: readonly Place[] = []

function sharingWith(tree: readonly Place[], byAggregate: ReadonlyMap<string, readonly Place[]>, rootUuid: string): readonly Place[] {
  if (byAggregate.size === 0) return nobody
  const found = new Set<Place>()
  for (const { aggregates } of tree)
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
