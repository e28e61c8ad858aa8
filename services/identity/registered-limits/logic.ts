import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import { refuseMissing } from '../wishes/wish.ts'
import type { RegisteredLimit } from './registered-limit.ts'
import type { RegisteredLimitStore } from './store.ts'

export interface Rooms {
  readonly store: RegisteredLimitStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Where projects and domains have something else than the default. */
  readonly limits: { forgetRegisteredLimit(tx: Transaction, id: string): Promise<void> }
}

/** What a client wishes a registered limit to be; what it leaves out stays as it is. */
export type Wish = { readonly [Field in keyof Omit<RegisteredLimit, 'id'>]?: RegisteredLimit[Field] | undefined }
export type CreateWish = Wish & Pick<RegisteredLimit, 'serviceId' | 'resourceName' | 'defaultLimit'>

/** The rules of registered limits: one per service, region and resource; unchangeable while a project's or domain's limit refers to it. */
export function registeredLimitLogic({ store, write, chance, limits }: Rooms) {
  const removeAll = async (tx: Transaction, filter: Parameters<typeof store.list>[0]) => {
    for (const limit of await store.list(filter, tx.read)) {
      await limits.forgetRegisteredLimit(tx, limit.id)
      await store.delete(tx, limit)
    }
  }

  return {
    list: () => store.list(),

    async get(id: string): Promise<RegisteredLimit> {
      return (await store.find(id)) ?? refuseUnknown(id)
    },

    /** All or none. */
    create: (wishes: readonly CreateWish[], cause: Cause): Promise<readonly RegisteredLimit[]> =>
      write(cause, async tx => {
        const created = wishes.map(wish => newLimit(wish, chance.hex()))
        for (const limit of created) await mustHaveItsPlace(limit, tx, store)
        for (const limit of created) await store.insert(tx, limit)
        return created
      }),

    update: (id: string, wish: Wish, cause: Cause): Promise<RegisteredLimit> =>
      write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        const limit: RegisteredLimit = { ...before, ...given(wish) }
        await mustHaveItsPlace(limit, tx, store)
        await mustBeUnused(id, tx, store)
        await store.update(tx, limit)
        return limit
      }),

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const limit = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        await mustBeUnused(id, tx, store)
        await store.delete(tx, limit)
      }),

    forgetService: (tx: Transaction, serviceId: string) => removeAll(tx, { serviceId }),
    forgetRegion: (tx: Transaction, regionId: string) => removeAll(tx, { regionId }),
  }
}

export type RegisteredLimitLogic = ReturnType<typeof registeredLimitLogic>

const newLimit = (wish: CreateWish, id: string): RegisteredLimit => ({
  regionId: null,
  description: null,
  ...given(wish),
  serviceId: wish.serviceId,
  resourceName: wish.resourceName,
  defaultLimit: wish.defaultLimit,
  id,
})

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find registered limit for ${id}.`)
}

async function mustHaveItsPlace({ serviceId, regionId }: RegisteredLimit, tx: Transaction, store: RegisteredLimitStore) {
  if (!(await store.findService(serviceId, tx.read))) refuseMissing('service_id', 'registered_limit')
  if (regionId !== null && !(await store.findRegion(regionId, tx.read))) refuseMissing('region_id', 'registered_limit')
}

async function mustBeUnused(id: string, tx: Transaction, store: RegisteredLimitStore) {
  if (await store.findOverride(id, tx.read))
    throw new Refusal('forbidden', `Unable to update or delete registered limit ${id} because there are project limits associated with it.`)
}
