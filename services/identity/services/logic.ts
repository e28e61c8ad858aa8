import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { Write } from '../tables.ts'
import { mustKeepId } from '../wishes/wish.ts'
import type { Service } from './service.ts'
import type { ServiceStore } from './store.ts'

export interface Rooms {
  readonly store: ServiceStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Who refers to a service: its endpoints above all. */
  readonly others: readonly Forgetful[]
}

/** What a client wishes a service to be; what it leaves out stays as it is. */
export type Wish = { readonly [Field in keyof Omit<Service, 'id'>]?: Service[Field] | undefined }

/** The rules of services: any number may be of one type or name; one that goes takes its endpoints along. */
export const serviceLogic = ({ store, write, chance, others }: Rooms) => ({
  list: store.list,

  async get(id: string): Promise<Service> {
    return (await store.find(id)) ?? refuseUnknown(id)
  },

  create: (wish: Wish & Pick<Service, 'type'>, cause: Cause): Promise<Service> =>
    write(cause, async tx => {
      const service: Service = { name: '', description: null, enabled: true, extra: {}, ...given(wish), type: wish.type, id: chance.hex() }
      await store.insert(tx, service)
      return service
    }),

  update: (id: string, wish: Wish & { id?: string | undefined }, cause: Cause): Promise<Service> =>
    write(cause, async tx => {
      mustKeepId(id, wish.id)
      const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      const service: Service = { ...before, ...given(wish), extra: { ...before.extra, ...wish.extra } }
      await store.update(tx, service)
      return service
    }),

  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const service = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      await forget(others, 'forgetService', tx, id)
      await store.delete(tx, service)
    }),
})

export type ServiceLogic = ReturnType<typeof serviceLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find service: ${id}.`)
}
