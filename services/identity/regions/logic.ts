import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { Transaction, Write } from '../tables.ts'
import type { Region } from './region.ts'
import type { RegionStore } from './store.ts'

export interface Rooms {
  readonly store: RegionStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Who refers to a region: policies, limits. */
  readonly others: readonly Forgetful[]
}

/** What a client wishes a region to be; what it leaves out stays as it is, or is empty in a new one. */
export type Wish = { readonly [Field in keyof Omit<Region, 'id'>]?: Region[Field] | undefined }

/** The rules of regions: ids are unique, parents exist, no region is its own ancestor, and one with endpoints stays. */
export const regionLogic = ({ store, write, chance, others }: Rooms) => ({
  list: store.list,

  async get(id: string): Promise<Region> {
    return (await store.find(id)) ?? refuseUnknown(id)
  },

  create: (wish: Wish & { id?: string | undefined }, cause: Cause): Promise<Region> =>
    write(cause, async tx => {
      const region: Region = { description: '', parentRegionId: null, extra: {}, ...given(wish), id: wish.id ?? chance.hex() }
      if (await store.find(region.id, tx.read))
        throw new Refusal('conflict', `Conflict occurred attempting to store region - Duplicate ID, ${region.id}.`)
      await mustBeAbove(region, tx, store)
      await store.insert(tx, region)
      return region
    }),

  update: (id: string, wish: Wish, cause: Cause): Promise<Region> =>
    write(cause, async tx => {
      const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      const region: Region = { ...before, ...given(wish), extra: { ...before.extra, ...wish.extra } }
      await mustBeAbove(region, tx, store)
      await store.update(tx, region)
      return region
    }),

  /** Takes the regions below along, as the API promises. */
  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const top = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      const doomed = await withRegionsBelow(top, tx, store)
      if (
        (await store.countEndpoints(
          doomed.map(region => region.id),
          tx.read,
        )) > 0
      )
        throw new Refusal('forbidden', `Unable to delete region ${id} because it or its child regions have associated endpoints.`)
      for (const region of doomed.toReversed()) {
        await forget(others, 'forgetRegion', tx, region.id)
        await store.delete(tx, region)
      }
    }),
})

export type RegionLogic = ReturnType<typeof regionLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find region: ${id}.`)
}

/** Walks up from a region's parent: each step exists and none is the region itself. */
async function mustBeAbove(region: Region, tx: Transaction, store: RegionStore) {
  for (let above = region.parentRegionId; above !== null; ) {
    if (above === region.id)
      throw new Refusal('forbidden', `The specified parent region ${region.parentRegionId} would create a circular region hierarchy.`)
    const parent: Region = (await store.find(above, tx.read)) ?? refuseUnknown(above)
    above = parent.parentRegionId
  }
}

async function withRegionsBelow(top: Region, tx: Transaction, store: RegionStore): Promise<readonly Region[]> {
  const found = [top]
  for (const region of found) found.push(...(await store.list({ parentRegionId: region.id }, tx.read)))
  return found
}
