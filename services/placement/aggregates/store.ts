import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { AggregateId } from './aggregate.ts'

/** Who is in which aggregate, in the table `provider_aggregate`. */
export const aggregateStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async listOfProvider(uuid: string, from = read): Promise<readonly AggregateId[]> {
    const rows = await from
      .selectFrom('provider_aggregate')
      .select('aggregate_uuid')
      .where('provider_uuid', '=', uuid)
      .orderBy('aggregate_uuid')
      .execute()
    return rows.map(row => row.aggregate_uuid)
  },

  /** Who writes a provider's aggregates holds the provider. */
  updateOfProvider: (tx: Transaction, uuid: string, aggregates: readonly AggregateId[]) =>
    tx.change({ kind: 'placement.resource_provider', id: uuid, act: 'grouped', after: { aggregates } }, async sql => {
      await sql.deleteFrom('provider_aggregate').where('provider_uuid', '=', uuid).execute()
      if (aggregates.length === 0) return
      const rows = aggregates.map(aggregate => ({ provider_uuid: uuid, aggregate_uuid: aggregate }))
      await sql.insertInto('provider_aggregate').values(rows).execute()
    }),
})

export type AggregateStore = ReturnType<typeof aggregateStore>
