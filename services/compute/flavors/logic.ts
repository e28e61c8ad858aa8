import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ApiTransaction, ApiWrite } from '../tables/api.ts'
import { type Flavor, type FlavorFilter, firstFlavors } from './flavor.ts'
import type { FlavorStore } from './store.ts'

export interface Rooms {
  readonly store: FlavorStore
  readonly write: ApiWrite
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
}

/** Sizes of servers. One that is not public is seen by the projects it was given to. */
export const flavorLogic = ({ store, write, clock, chance }: Rooms) => {
  const get = async (id: string, from?: ApiTransaction['read']): Promise<Flavor> => {
    const flavor = await store.find(id, from)
    if (!flavor) throw new Refusal('not-found', `Flavor ${id} could not be found.`)
    return flavor
  }
  const now = () => new Date(clock.now()).toISOString()
  const change = (id: string, cause: Cause, work: (tx: ApiTransaction, flavor: Flavor) => Promise<unknown>): Promise<Flavor> =>
    write(cause, async tx => {
      await work(tx, await get(id, tx.read))
      return get(id, tx.read)
    })

  return {
    get,

    /** One that this project may use. */
    async getFor(id: string, projectId: string | undefined, maySeeAll: boolean): Promise<Flavor> {
      const flavor = await get(id)
      if (flavor.isPublic || maySeeAll || (projectId !== undefined && (await store.givenTo(projectId)).has(id))) return flavor
      throw new Refusal('not-found', `Flavor ${id} could not be found.`)
    },

    async list(filter: FlavorFilter): Promise<readonly Flavor[]> {
      const given = filter.projectId === undefined ? new Set<string>() : await store.givenTo(filter.projectId)
      const isSeen = (flavor: Flavor) =>
        filter.isPublic === undefined || flavor.isPublic === filter.isPublic || (filter.isPublic && given.has(flavor.id))
      const found = (await store.list()).filter(
        flavor => isSeen(flavor) && flavor.memoryMb >= filter.minMemoryMb && flavor.diskGb >= filter.minDiskGb,
      )
      const sign = filter.isDescending ? -1 : 1
      return found.toSorted(
        (a, b) => sign * (compare(a[filter.sortBy], b[filter.sortBy]) || compare(a.number, b.number) || compare(a.id, b.id)),
      )
    },

    create: (
      wish: Omit<Flavor, 'id' | 'number' | 'isDisabled' | 'extraSpecs'> & { readonly id: string | undefined },
      cause: Cause,
    ): Promise<Flavor> =>
      write(cause, async tx => {
        const id = wish.id ?? chance.uuid()
        if (await store.find(id, tx.read)) throw new Refusal('conflict', `Flavor with ID ${id} already exists.`)
        if (await store.isNamed(wish.name, tx.read)) throw new Refusal('conflict', `Flavor with name ${wish.name} already exists.`)
        const flavor: Flavor = { ...wish, id, number: await store.takeNumber(tx), isDisabled: false, extraSpecs: {} }
        await store.insert(tx, flavor, now())
        return flavor
      }),

    describe: (id: string, description: string | null, cause: Cause) =>
      change(id, cause, (tx, flavor) => store.describe(tx, { ...flavor, description })),

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await store.delete(tx, await get(id, tx.read))
      }),

    addSpecs: (id: string, specs: Readonly<Record<string, string>>, cause: Cause) =>
      change(id, cause, (tx, flavor) => store.writeSpecs(tx, { ...flavor, extraSpecs: { ...flavor.extraSpecs, ...specs } })),

    removeSpec: (id: string, name: string, cause: Cause) =>
      change(id, cause, (tx, flavor) => {
        specOf(flavor, name)
        const kept = Object.entries(flavor.extraSpecs).filter(([key]) => key !== name)
        return store.writeSpecs(tx, { ...flavor, extraSpecs: Object.fromEntries(kept) })
      }),

    async projectsOf(id: string): Promise<readonly string[]> {
      if ((await get(id)).isPublic) throw new Refusal('not-found', 'Access list not available for public flavors.')
      return store.projectsOf(id)
    },

    async give(id: string, projectId: string, isForHidden: boolean, cause: Cause): Promise<readonly string[]> {
      await write(cause, async tx => {
        const flavor = await get(id, tx.read)
        if (flavor.isPublic && isForHidden) throw new Refusal('conflict', 'Can not add access to a public flavor.')
        if ((await store.projectsOf(id, tx.read)).includes(projectId))
          throw new Refusal('conflict', `Flavor access already exists for flavor ${id} and project ${projectId} combination.`)
        await store.give(tx, flavor, projectId)
      })
      return store.projectsOf(id)
    },

    async take(id: string, projectId: string, cause: Cause): Promise<readonly string[]> {
      await write(cause, async tx => {
        const flavor = await get(id, tx.read)
        if (!(await store.projectsOf(id, tx.read)).includes(projectId))
          throw new Refusal('not-found', `Flavor access not found for ${id} / ${projectId} combination.`)
        await store.take(tx, flavor, projectId)
      })
      return store.projectsOf(id)
    },

    /** A new cloud has the usual sizes; one that was ever given others keeps them. */
    ensureFirst: (cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if ((await store.list(tx.read)).length > 0) return
        for (const flavor of firstFlavors) await store.insert(tx, { ...flavor, number: await store.takeNumber(tx) }, now())
      }),
  }
}

export type FlavorLogic = ReturnType<typeof flavorLogic>

export function specOf({ id, extraSpecs }: Flavor, name: string): string {
  const value = Object.hasOwn(extraSpecs, name) ? extraSpecs[name] : undefined
  if (value === undefined) throw new Refusal('not-found', `Flavor ${id} has no extra specs with key ${name}.`)
  return value
}

type Sortable = string | number | boolean | null | undefined | Flavor['extraSpecs']
const compare = (a: Sortable, b: Sortable): number => {
  const [x, y] = [a ?? '', b ?? '']
  return x < y ? -1 : x > y ? 1 : 0
}
