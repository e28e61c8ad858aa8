import type { Database } from '@kilonova/platform/sql/database.ts'
import type { RegionRow, Tables, Transaction } from '../tables.ts'
import type { Region } from './region.ts'

/** Regions in the table `region`. What a transaction has written is seen by passing its `tx.read`. */
export const regionStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<Region | undefined> {
    const row = await from.selectFrom('region').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toRegion(row)
  },

  async list(filter: { parentRegionId?: string | undefined } = {}, from = read): Promise<readonly Region[]> {
    let regions = from.selectFrom('region').selectAll().orderBy('id')
    if (filter.parentRegionId !== undefined) regions = regions.where('parent_region_id', '=', filter.parentRegionId)
    return (await regions.execute()).map(toRegion)
  },

  /** How many endpoints stand in these regions: a read across the corridor. */
  async countEndpoints(ids: readonly string[], from = read): Promise<number> {
    const { count } = await from
      .selectFrom('endpoint')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('region_id', 'in', ids)
      .executeTakeFirstOrThrow()
    return Number(count)
  },

  insert: (tx: Transaction, region: Region) =>
    tx.change(change(region, 'created'), sql => sql.insertInto('region').values(toRow(region)).execute()),

  update: (tx: Transaction, region: Region) =>
    tx.change(change(region, 'updated'), sql => sql.updateTable('region').set(toRow(region)).where('id', '=', region.id).execute()),

  delete: (tx: Transaction, region: Region) =>
    tx.change(change(region, 'deleted'), sql => sql.deleteFrom('region').where('id', '=', region.id).execute()),
})

export type RegionStore = ReturnType<typeof regionStore>

const change = (region: Region, act: string) => ({ kind: 'identity.region', id: region.id, act, after: region })

const toRow = ({ id, description, parentRegionId, extra }: Region): RegionRow => ({
  id,
  description,
  parent_region_id: parentRegionId,
  extra: JSON.stringify(extra),
})

const toRegion = (row: RegionRow): Region => ({
  id: row.id,
  description: row.description,
  parentRegionId: row.parent_region_id,
  extra: JSON.parse(row.extra),
})
