import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { EndpointPolicy, Place } from './endpoint-policy.ts'

type Column = 'policy_id' | 'endpoint_id' | 'service_id' | 'region_id'

/** Associations in the table `policy_association`, at most one per place. There '' stands for what does not narrow the place. */
export const endpointPolicyStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(place: Place, from = read): Promise<EndpointPolicy | undefined> {
    const { endpoint_id, service_id, region_id } = toColumns(place)
    const row = await from
      .selectFrom('policy_association')
      .selectAll()
      .where('endpoint_id', '=', endpoint_id)
      .where('service_id', '=', service_id)
      .where('region_id', '=', region_id)
      .executeTakeFirst()
    return row && toAssociation(row)
  },

  async list(column: Column, id: string, from = read): Promise<readonly EndpointPolicy[]> {
    const rows = await from.selectFrom('policy_association').selectAll().where(column, '=', id).orderBy('id').execute()
    return rows.map(toAssociation)
  },

  /** `id` is for the table alone. */
  insert: (tx: Transaction, id: string, association: EndpointPolicy) =>
    tx.change(change(association, 'created'), sql =>
      sql
        .insertInto('policy_association')
        .values({ id, policy_id: association.policyId, ...toColumns(association.place) })
        .execute(),
    ),

  update: (tx: Transaction, association: EndpointPolicy) => {
    const { endpoint_id, service_id, region_id } = toColumns(association.place)
    return tx.change(change(association, 'updated'), sql =>
      sql
        .updateTable('policy_association')
        .set({ policy_id: association.policyId })
        .where('endpoint_id', '=', endpoint_id)
        .where('service_id', '=', service_id)
        .where('region_id', '=', region_id)
        .execute(),
    )
  },

  delete: (tx: Transaction, association: EndpointPolicy) => {
    const { endpoint_id, service_id, region_id } = toColumns(association.place)
    return tx.change(change(association, 'deleted'), sql =>
      sql
        .deleteFrom('policy_association')
        .where('endpoint_id', '=', endpoint_id)
        .where('service_id', '=', service_id)
        .where('region_id', '=', region_id)
        .execute(),
    )
  },

  /** Reads across the corridor. */
  findService: (id: string, from = read) => from.selectFrom('service').select('id').where('id', '=', id).executeTakeFirst(),

  async listRegions(from = read): Promise<readonly { id: string; parentRegionId: string | null }[]> {
    const rows = await from.selectFrom('region').select(['id', 'parent_region_id']).execute()
    return rows.map(row => ({ id: row.id, parentRegionId: row.parent_region_id }))
  },
})

export type EndpointPolicyStore = ReturnType<typeof endpointPolicyStore>

const change = ({ policyId, place }: EndpointPolicy, act: string) => ({
  kind: 'identity.policy_association',
  id: policyId,
  act,
  after: { policyId, ...place },
})

const toColumns = (place: Place) => ({
  endpoint_id: 'endpointId' in place ? place.endpointId : '',
  service_id: 'serviceId' in place ? place.serviceId : '',
  region_id: 'regionId' in place ? place.regionId : '',
})

const toAssociation = (row: Tables['policy_association']): EndpointPolicy => ({ policyId: row.policy_id, place: placeOf(row) })

function placeOf(row: Tables['policy_association']): Place {
  if (row.endpoint_id !== '') return { endpointId: row.endpoint_id }
  return row.region_id === '' ? { serviceId: row.service_id } : { serviceId: row.service_id, regionId: row.region_id }
}
