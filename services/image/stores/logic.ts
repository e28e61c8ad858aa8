import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Store, StoreDriver } from './store.ts'

export interface OpenStore {
  readonly store: Store
  readonly driver: StoreDriver
}

/** The stores of this cloud, by name. */
export function storeLogic(open: readonly OpenStore[]) {
  const byId = new Map(open.map(one => [one.store.id, one]))
  const find = (id: string): OpenStore | undefined => byId.get(id)
  const usual = open.find(({ store }) => store.isDefault)

  return {
    list: (): readonly Store[] => open.map(({ store }) => store),
    find,
    storeOf: (url: string): OpenStore | undefined => open.find(({ driver }) => driver.knows(url)),

    /** The store that takes data: the named one, or the default. */
    getWritable(id: string | undefined): OpenStore {
      const found = id === undefined ? usual : find(id)
      if (!found || found.store.isReadOnly) throw new Refusal('invalid', `Unknown scheme '${id ?? 'none'}' found in URI`)
      return found
    },

    /** For an import: the stores a request names, or all that take data. */
    select({ names, all }: { names: readonly string[] | undefined; all: boolean }): readonly string[] {
      if (all && names !== undefined) throw new Refusal('invalid', 'Only one of stores and all_stores may be given.')
      if (all) return open.filter(({ store }) => !store.isReadOnly).map(({ store }) => store.id)
      const wanted = names ?? (usual ? [usual.store.id] : [])
      for (const name of wanted)
        if (!find(name) || find(name)?.store.isReadOnly) throw new Refusal('conflict', `Unknown scheme '${name}' found in URI`)
      return [...new Set(wanted)]
    },
  }
}

export type StoreLogic = ReturnType<typeof storeLogic>
