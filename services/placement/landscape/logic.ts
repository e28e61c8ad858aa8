import type { Amounts } from '../allocations/allocation.ts'
import { hasRoomFor } from '../inventories/inventory.ts'
import type { Conditions } from '../requests/request.ts'
import { emptyLandscape, type KeptLandscape, type Landscape, type Place } from './landscape.ts'
import type { LandscapeStore } from './store.ts'

export interface Rooms {
  readonly store: LandscapeStore
  /** The part of platform/changes/freshness.ts that is used here. */
  readonly fresh: {
    catchUp(): Promise<void>
    on(see: (change: { readonly kind: string; readonly id: string } | undefined) => void): void
  }
}

/** Which providers a list is narrowed to; all that is named must hold. */
export interface Search {
  readonly name?: string | undefined
  readonly uuid?: string | undefined
  /** Any provider of the tree that is meant. */
  readonly inTree?: string | undefined
  readonly resources?: Amounts | undefined
  readonly conditions?: Conditions | undefined
}

/** Above so many, reading all is cheaper than naming them. */
const worthNaming = 2_000

/**
 * All providers in memory. Before each use the change log tells whose rows changed, here or in another process, and those are read anew;
 * so what is asked costs what it finds, however many providers there are, and never shows yesterday's.
 */
export function landscapeLogic({ store, fresh }: Rooms) {
  let kept: KeptLandscape | undefined
  const stale = new Set<string>()
  let heard = 0
  let read = 0
  let reading: Promise<void> | undefined
  fresh.on(change => {
    if (change === undefined) kept = undefined
    else if (change.kind === 'placement.resource_provider') stale.add(change.id)
    else return
    heard++
  })

  async function readOn() {
    const upTo = heard
    const uuids = [...stale]
    stale.clear()
    const known = kept
    try {
      if (known === undefined || uuids.length > worthNaming) {
        const all = emptyLandscape()
        for (const place of await store.list()) all.put(place)
        // Told to drop everything meanwhile: what was read may be older than that.
        if (kept === known) kept = all
        else return
      } else {
        const found = await store.list(uuids)
        const there = new Set(found.map(one => one.uuid))
        for (const uuid of uuids) if (!there.has(uuid)) known.remove(uuid)
        for (const place of found) known.put(place)
      }
      read = Math.max(read, upTo)
    } catch (error) {
      for (const uuid of uuids) stale.add(uuid)
      throw error
    }
  }

  async function current(): Promise<Landscape> {
    await fresh.catchUp()
    const mine = heard
    for (;;) {
      while (reading) await reading.catch(() => undefined)
      if (kept && read >= mine) return kept
      reading = readOn().finally(() => {
        reading = undefined
      })
      await reading
    }
  }

  return {
    current,

    async list(search: Search): Promise<readonly Place[]> {
      const landscape = await current()
      const found: Place[] = []
      for (const place of fewest(landscape, search)) if (fits(landscape, place, search)) found.push(place)
      return found
    },
  }
}

export type LandscapeLogic = ReturnType<typeof landscapeLogic>

/** Where to look: the smallest set that holds all that can be found. */
function fewest(landscape: Landscape, { uuid, inTree, resources = {}, conditions }: Search): Iterable<Place> {
  if (uuid !== undefined) return [landscape.places.get(uuid)].filter(one => one !== undefined)
  const root = inTree === undefined ? undefined : landscape.places.get(inTree)?.rootUuid
  if (inTree !== undefined) return root === undefined ? [] : landscape.treeOf(root).values()
  const sets = [
    landscape.places,
    ...Object.keys(resources).map(landscape.having),
    ...(conditions?.required ?? []).flatMap(([only, ...more]) => (only === undefined || more.length > 0 ? [] : [landscape.marked(only)])),
    ...(conditions?.memberOf ?? []).flatMap(([only, ...more]) =>
      only === undefined || more.length > 0 ? [] : [landscape.inAggregate(only)],
    ),
  ]
  return sets.reduce((a, b) => (b.size < a.size ? b : a)).values()
}

function fits(landscape: Landscape, place: Place, { name, uuid, inTree, resources = {}, conditions }: Search): boolean {
  if (name !== undefined && place.name !== name) return false
  if (uuid !== undefined && place.uuid !== uuid) return false
  if (inTree !== undefined && landscape.places.get(inTree)?.rootUuid !== place.rootUuid) return false
  if (conditions && !meets(place, conditions)) return false
  return hasRoom(place, resources)
}

/** Whether one provider alone is all that is asked. */
export const meets = ({ traits, aggregates }: Place, { required, forbidden, memberOf, notMemberOf }: Conditions): boolean =>
  required.every(any => any.some(name => traits.has(name))) &&
  !forbidden.some(name => traits.has(name)) &&
  memberOf.every(any => any.some(uuid => aggregates.has(uuid))) &&
  !notMemberOf.some(uuid => aggregates.has(uuid))

/** Whether one provider alone has so much left of everything. */
export function hasRoom({ stock }: Place, resources: Amounts): boolean {
  for (const name in resources) {
    const inventory = stock.get(name)
    if (!inventory || !hasRoomFor(inventory, resources[name] ?? 0)) return false
  }
  return true
}
