import type { Database } from '@kilonova/platform/sql/database.ts'
import type { AllocationRow, ConsumerRow, Tables, Transaction } from '../tables.ts'
import type { Allocation, Consumer } from './allocation.ts'

/** Consumers and what they take, in the tables `consumer` and `allocation`. */
export const allocationStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async listConsumers(uuids: readonly string[], from = read): Promise<readonly Consumer[]> {
    if (uuids.length === 0) return []
    return (await from.selectFrom('consumer').selectAll().where('uuid', 'in', uuids).execute()).map(toConsumer)
  },

  async listOfConsumers(uuids: readonly string[], from = read): Promise<readonly Allocation[]> {
    if (uuids.length === 0) return []
    const rows = await from
      .selectFrom('allocation')
      .selectAll()
      .where('consumer_uuid', 'in', uuids)
      .orderBy('provider_uuid')
      .orderBy('resource_class')
      .execute()
    return rows.map(toAllocation)
  },

  async listOfProvider(uuid: string, from = read): Promise<readonly (Allocation & { readonly generation: number })[]> {
    const rows = await from
      .selectFrom('allocation')
      .innerJoin('consumer', 'consumer.uuid', 'allocation.consumer_uuid')
      .selectAll('allocation')
      .select('consumer.generation')
      .where('provider_uuid', '=', uuid)
      .execute()
    return rows.map(row => ({ ...toAllocation(row), generation: row.generation }))
  },

  /** From here to the commit nobody else writes what these consumers take. */
  async updateToHold(tx: Transaction, uuids: readonly string[]): Promise<void> {
    await tx.change([], sql =>
      sql
        .updateTable('consumer')
        .set(row => ({ generation: row.ref('generation') }))
        .where('uuid', 'in', uuids)
        .execute(),
    )
  },

  /** A held consumer, or a new one, with all that it takes from now on instead of what it took. */
  replace: (tx: Transaction, before: Consumer | undefined, consumer: Consumer, allocations: readonly Allocation[]) =>
    tx.change(change(consumer, before ? 'updated' : 'created', allocations), async sql => {
      if (before) await sql.updateTable('consumer').set(toConsumerRow(consumer)).where('uuid', '=', consumer.uuid).execute()
      else await sql.insertInto('consumer').values(toConsumerRow(consumer)).execute()
      if (before) await sql.deleteFrom('allocation').where('consumer_uuid', '=', consumer.uuid).execute()
      await sql.insertInto('allocation').values(allocations.map(toRow)).execute()
    }),

  delete: (tx: Transaction, consumer: Consumer) =>
    tx.change(change(consumer, 'deleted', []), async sql => {
      await sql.deleteFrom('allocation').where('consumer_uuid', '=', consumer.uuid).execute()
      await sql.deleteFrom('consumer').where('uuid', '=', consumer.uuid).execute()
    }),

  updateClass: (tx: Transaction, from: string, to: string) =>
    tx.change([], sql => sql.updateTable('allocation').set({ resource_class: to }).where('resource_class', '=', from).execute()),
})

export type AllocationStore = ReturnType<typeof allocationStore>

const change = (consumer: Consumer, act: string, allocations: readonly Allocation[]) => ({
  kind: 'placement.allocation',
  id: consumer.uuid,
  act,
  projectId: consumer.projectId,
  after: {
    generation: consumer.generation,
    type: consumer.type,
    allocations: allocations.map(({ providerUuid, resourceClass, used }) => ({ providerUuid, resourceClass, used })),
  },
})

const toConsumerRow = (consumer: Consumer): ConsumerRow => ({
  uuid: consumer.uuid,
  generation: consumer.generation,
  project_id: consumer.projectId,
  user_id: consumer.userId,
  consumer_type: consumer.type,
})

const toConsumer = (row: ConsumerRow): Consumer => ({
  uuid: row.uuid,
  generation: row.generation,
  projectId: row.project_id,
  userId: row.user_id,
  type: row.consumer_type,
})

const toRow = (allocation: Allocation): AllocationRow => ({
  consumer_uuid: allocation.consumerUuid,
  provider_uuid: allocation.providerUuid,
  resource_class: allocation.resourceClass,
  used: allocation.used,
  changed_at: allocation.changedAt,
})

const toAllocation = (row: AllocationRow): Allocation => ({
  consumerUuid: row.consumer_uuid,
  providerUuid: row.provider_uuid,
  resourceClass: row.resource_class,
  used: row.used,
  changedAt: row.changed_at,
})
