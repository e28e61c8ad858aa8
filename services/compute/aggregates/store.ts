import { nextNumber } from '@kilonova/platform/sql/counter.ts'
import type { ApiRead, ApiTransaction, AggregateRow } from '../tables/api.ts'
import type { Aggregate } from './aggregate.ts'

export const aggregateStore = ({ read }: ApiRead) => ({
  async list(from = read): Promise<readonly Aggregate[]> {
    const rows = await from.selectFrom('aggregate').selectAll().orderBy('id').execute()
    const hosts = await from.selectFrom('aggregate_host').selectAll().orderBy('host').execute()
    const metadata = await from.selectFrom('aggregate_metadata').selectAll().orderBy('name').execute()
    return rows.map(row => ({
      id: row.id,
      uuid: row.uuid,
      name: row.name,
      hosts: hosts.filter(one => one.aggregate_id === row.id).map(one => one.host),
      metadata: Object.fromEntries(metadata.filter(one => one.aggregate_id === row.id).map(one => [one.name, one.value])),
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    }))
  },

  /** A number no aggregate had before. */
  takeNumber: (tx: ApiTransaction): Promise<number> => nextNumber(tx, 'aggregate_counter'),

  insert: (tx: ApiTransaction, aggregate: Aggregate) =>
    tx.change(change(aggregate, 'created'), async sql => {
      await sql.insertInto('aggregate').values(toRow(aggregate)).execute()
      for (const statement of partsOf(aggregate)) await statement(sql)
    }),

  update: (tx: ApiTransaction, aggregate: Aggregate) =>
    tx.change(change(aggregate, 'updated'), async sql => {
      await sql.updateTable('aggregate').set(toRow(aggregate)).where('id', '=', aggregate.id).execute()
      await clear(sql, aggregate.id)
      for (const statement of partsOf(aggregate)) await statement(sql)
    }),

  delete: (tx: ApiTransaction, aggregate: Aggregate) =>
    tx.change(change(aggregate, 'deleted'), async sql => {
      await clear(sql, aggregate.id)
      await sql.deleteFrom('aggregate').where('id', '=', aggregate.id).execute()
    }),
})

export type AggregateStore = ReturnType<typeof aggregateStore>

type Sql = Parameters<Parameters<ApiTransaction['change']>[1]>[0]

async function clear(sql: Sql, id: number): Promise<void> {
  await sql.deleteFrom('aggregate_host').where('aggregate_id', '=', id).execute()
  await sql.deleteFrom('aggregate_metadata').where('aggregate_id', '=', id).execute()
}

const partsOf = ({ id, hosts, metadata }: Aggregate): readonly ((sql: Sql) => Promise<unknown>)[] => [
  ...hosts.map(host => (sql: Sql) => sql.insertInto('aggregate_host').values({ aggregate_id: id, host }).execute()),
  ...Object.entries(metadata).map(
    ([name, value]) =>
      (sql: Sql) =>
        sql.insertInto('aggregate_metadata').values({ aggregate_id: id, name, value }).execute(),
  ),
]

const change = (aggregate: Aggregate, act: string) => ({
  kind: 'compute.aggregate',
  id: aggregate.uuid,
  act,
  after: act === 'deleted' ? undefined : { name: aggregate.name, hosts: aggregate.hosts, metadata: aggregate.metadata },
})

const toRow = ({ id, uuid, name, createdAt, updatedAt }: Aggregate): AggregateRow => ({
  id,
  uuid,
  name,
  created_at: createdAt,
  updated_at: updatedAt,
})
