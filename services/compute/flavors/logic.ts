import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Write } from '../tables.ts'
import { type Flavor, firstFlavors } from './flavor.ts'
import type { FlavorStore } from './store.ts'

export const flavorLogic = ({ store, write }: { readonly store: FlavorStore; readonly write: Write }) => ({
  list: store.list,

  async get(id: string): Promise<Flavor> {
    const flavor = await store.find(id)
    if (!flavor) throw new Refusal('not-found', `Flavor ${id} could not be found.`)
    return flavor
  },

  /** A new cloud has the usual sizes; one that was ever given others keeps them. */
  ensureFirst: (cause: Cause): Promise<void> =>
    write(cause, async tx => {
      if ((await store.list(tx.read)).length > 0) return
      for (const flavor of firstFlavors) await store.insert(tx, flavor)
    }),
})

export type FlavorLogic = ReturnType<typeof flavorLogic>
