import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { RegionLogic } from '../regions/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import { mustKeepId, refuseMissing } from '../wishes/wish.ts'
import { type Endpoint, partsOf } from './endpoint.ts'
import type { EndpointStore } from './store.ts'

export interface Rooms {
  readonly store: EndpointStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  readonly regions: Pick<RegionLogic, 'create'>
  /** Who refers to an endpoint: projects that see only some, and policies. */
  readonly others: readonly Forgetful[]
}

/** What a client wishes an endpoint to be; what it leaves out stays as it is. */
export type Wish = { readonly [Field in keyof Omit<Endpoint, 'id'>]?: Endpoint[Field] | undefined } & {
  /** A region by its older name in the API: created when it is not there. Means nothing beside `regionId`. */
  readonly region?: string | undefined
}
type Needed = Pick<Endpoint, 'serviceId' | 'interface' | 'url'>

/** The rules of endpoints: service and region exist, and the URL is a template that can be filled. */
export function endpointLogic({ store, write, chance, regions, others }: Rooms) {
  const remove = async (tx: Transaction, endpoint: Endpoint) => {
    await forget(others, 'forgetEndpoint', tx, endpoint.id)
    await store.delete(tx, endpoint)
  }
  const settleRegion = async ({ region, ...wish }: Wish, cause: Cause): Promise<Omit<Wish, 'region'>> => {
    if (wish.regionId !== undefined || region === undefined) return wish
    await ensureRegion(region, { store, regions }, cause)
    return { ...wish, regionId: region }
  }

  return {
    list: store.list,

    async get(id: string): Promise<Endpoint> {
      return (await store.find(id)) ?? refuseUnknown(id)
    },

    async create(wish: Wish & Needed, cause: Cause): Promise<Endpoint> {
      mustBeFillable(wish.url)
      const { serviceId, interface: audience, url } = wish
      const settled = await settleRegion(wish, cause)
      const needed = { id: chance.hex(), serviceId, interface: audience, url }
      return await write(cause, async tx => {
        const endpoint: Endpoint = { regionId: null, enabled: true, extra: {}, ...given(settled), ...needed }
        await mustHaveItsPlace(endpoint, tx, store)
        await store.insert(tx, endpoint)
        return endpoint
      })
    },

    async update(id: string, wish: Wish & { id?: string | undefined }, cause: Cause): Promise<Endpoint> {
      const { id: wishedId, ...fields } = wish
      mustKeepId(id, wishedId)
      if (fields.url !== undefined) mustBeFillable(fields.url)
      const settled = await settleRegion(fields, cause)
      return await write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        const endpoint: Endpoint = { ...before, ...given(settled), extra: { ...before.extra, ...settled.extra } }
        await mustHaveItsPlace(endpoint, tx, store)
        await store.update(tx, endpoint)
        return endpoint
      })
    },

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => remove(tx, (await store.find(id, tx.read)) ?? refuseUnknown(id))),

    /** A service takes its endpoints along. */
    async forgetService(tx: Transaction, serviceId: string): Promise<void> {
      for (const endpoint of await store.list({ serviceId }, tx.read)) await remove(tx, endpoint)
    },
  }
}

export type EndpointLogic = ReturnType<typeof endpointLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find endpoint: ${id}.`)
}

function mustBeFillable(url: string) {
  if (!partsOf(url)) throw new Refusal('invalid', `Cannot create an endpoint with an invalid URL: ${url}.`)
}

async function mustHaveItsPlace({ serviceId, regionId }: Endpoint, tx: Transaction, store: EndpointStore) {
  if (regionId !== null && !(await store.findRegion(regionId, tx.read))) refuseMissing('endpoint region_id', 'region table')
  if (!(await store.findService(serviceId, tx.read))) refuseMissing('endpoint service_id', 'service table')
}

/** Two who wish for the same new region at once both get it. */
async function ensureRegion(id: string, { store, regions }: Pick<Rooms, 'store' | 'regions'>, cause: Cause) {
  if (await store.findRegion(id)) return
  try {
    await regions.create({ id }, cause)
  } catch (error) {
    if (!(error instanceof Refusal && error.kind === 'conflict')) throw error
  }
}
