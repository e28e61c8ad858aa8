import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import type { PolicyDocument } from '../policy-documents/policy-document.ts'
import type { Transaction, Write } from '../tables.ts'
import type { Place } from './endpoint-policy.ts'
import type { EndpointPolicyStore } from './store.ts'

type From = Transaction['read']

export interface Rooms {
  readonly store: EndpointPolicyStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** The endpoints and the documents there are; main hands in their stores. */
  readonly endpoints: {
    find(id: string, from?: From): Promise<Endpoint | undefined>
    list(filter?: object, from?: From): Promise<readonly Endpoint[]>
  }
  readonly policies: { find(id: string, from?: From): Promise<PolicyDocument | undefined> }
}

type Region = Awaited<ReturnType<EndpointPolicyStore['listRegions']>>[number]

/** Which policy document is for which endpoint: the one for itself, else for its service in the nearest region above, else for its service. */
export function endpointPolicyLogic(rooms: Rooms) {
  const { store, write, chance, endpoints, policies } = rooms
  const removeAll = async (tx: Transaction, column: Parameters<typeof store.list>[0], id: string) => {
    for (const association of await store.list(column, id, tx.read)) await store.delete(tx, association)
  }

  return {
    async check(policyId: string, place: Place): Promise<void> {
      await mustExist(policyId, place, rooms)
      if ((await store.find(place))?.policyId !== policyId) throw new Refusal('not-found', 'Could not find policy association.')
    },

    /** The place may have had another document before. */
    associate: (policyId: string, place: Place, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustExist(policyId, place, rooms, tx.read)
        const before = await store.find(place, tx.read)
        if (!before) await store.insert(tx, chance.hex(), { policyId, place })
        else if (before.policyId !== policyId) await store.update(tx, { policyId, place })
      }),

    /** NOTE: Keystone is content when there was nothing to take away. */
    dissociate: (policyId: string, place: Place, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustExist(policyId, place, rooms, tx.read)
        const association = await store.find(place, tx.read)
        if (association?.policyId === policyId) await store.delete(tx, association)
      }),

    async getPolicyOf(endpointId: string): Promise<PolicyDocument> {
      const endpoint = (await endpoints.find(endpointId)) ?? refuseUnknown('endpoint', endpointId)
      const [own, ofService, regions] = await Promise.all([
        store.list('endpoint_id', endpointId),
        store.list('service_id', endpoint.serviceId),
        store.listRegions(),
      ])
      const above = endpoint.regionId === null ? [] : idsAbove(endpoint.regionId, regions)
      const byRegion = above.map(id => ofService.find(({ place }) => 'regionId' in place && place.regionId === id))
      const everywhere = ofService.find(({ place }) => !('regionId' in place))
      const association = [...own, ...byRegion, everywhere].find(one => one !== undefined)
      if (association) return (await policies.find(association.policyId)) ?? refuseUnknown('policy', association.policyId)
      throw new Refusal('not-found', `No policy is associated with endpoint ${endpointId}.`)
    },

    async listEndpoints(policyId: string): Promise<readonly Endpoint[]> {
      if (!(await policies.find(policyId))) refuseUnknown('policy', policyId)
      const [associations, all, regions] = await Promise.all([store.list('policy_id', policyId), endpoints.list(), store.listRegions()])
      return all.filter(endpoint => associations.some(({ place }) => isAt(endpoint, place, regions)))
    },

    forgetPolicy: (tx: Transaction, policyId: string) => removeAll(tx, 'policy_id', policyId),
    forgetEndpoint: (tx: Transaction, endpointId: string) => removeAll(tx, 'endpoint_id', endpointId),
    forgetService: (tx: Transaction, serviceId: string) => removeAll(tx, 'service_id', serviceId),
    forgetRegion: (tx: Transaction, regionId: string) => removeAll(tx, 'region_id', regionId),
  }
}

export type EndpointPolicyLogic = ReturnType<typeof endpointPolicyLogic>

const refuseUnknown = (what: string, id: string): never => {
  throw new Refusal('not-found', `Could not find ${what}: ${id}.`)
}

async function mustExist(policyId: string, place: Place, { store, endpoints, policies }: Rooms, from?: From) {
  if (!(await policies.find(policyId, from))) refuseUnknown('policy', policyId)
  if ('endpointId' in place && !(await endpoints.find(place.endpointId, from))) refuseUnknown('endpoint', place.endpointId)
  if ('serviceId' in place && !(await store.findService(place.serviceId, from))) refuseUnknown('service', place.serviceId)
  if ('regionId' in place && !(await store.listRegions(from)).some(region => region.id === place.regionId))
    refuseUnknown('region', place.regionId)
}

function isAt(endpoint: Endpoint, place: Place, regions: readonly Region[]): boolean {
  if ('endpointId' in place) return endpoint.id === place.endpointId
  if (endpoint.serviceId !== place.serviceId) return false
  if (!('regionId' in place)) return true
  return endpoint.regionId !== null && idsAbove(endpoint.regionId, regions).includes(place.regionId)
}

/** A region's id and those of all above it, nearest first. */
function idsAbove(regionId: string, regions: readonly Region[]): readonly string[] {
  const ids: string[] = []
  for (let id: string | null | undefined = regionId; id != null && !ids.includes(id); ) {
    ids.push(id)
    const here: string = id
    id = regions.find(region => region.id === here)?.parentRegionId
  }
  return ids
}
