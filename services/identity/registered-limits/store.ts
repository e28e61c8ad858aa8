import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import type { RegisteredLimitRow, Tables, Transaction } from '../tables.ts'
import type { RegisteredLimit } from './registered-limit.ts'

/** Registered limits in the table `registered_limit`, one per service, region and resource. There '' stands for every region. */
export const registeredLimitStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<RegisteredLimit | undefined> {
    const row = await from.selectFrom('registered_limit').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toLimit(row)
  },

  async list(
    filter: { serviceId?: string | undefined; regionId?: string | undefined } = {},
    from = read,
  ): Promise<readonly RegisteredLimit[]> {
    let limits = from.selectFrom('registered_limit').selectAll().orderBy('id')
    if (filter.serviceId !== undefined) limits = limits.where('service_id', '=', filter.serviceId)
    if (filter.regionId !== undefined) limits = limits.where('region_id', '=', filter.regionId)
    return (await limits.execute()).map(toLimit)
  },

  insert: (tx: Transaction, limit: RegisteredLimit) =>
    tx.change(change(limit, 'created'), sql => sql.insertInto('registered_limit').values(toRow(limit)).execute().catch(refuseTwin)),

  update: (tx: Transaction, limit: RegisteredLimit) =>
    tx.change(change(limit, 'updated'), sql =>
      sql.updateTable('registered_limit').set(toRow(limit)).where('id', '=', limit.id).execute().catch(refuseTwin),
    ),

  delete: (tx: Transaction, limit: RegisteredLimit) =>
    tx.change(change(limit, 'deleted'), sql => sql.deleteFrom('registered_limit').where('id', '=', limit.id).execute()),

  /** Reads across the corridor. */
  findService: (id: string, from = read) => from.selectFrom('service').select('id').where('id', '=', id).executeTakeFirst(),
  findRegion: (id: string, from = read) => from.selectFrom('region').select('id').where('id', '=', id).executeTakeFirst(),
  findOverride: (id: string, from = read) =>
    from.selectFrom('limit_override').select('id').where('registered_limit_id', '=', id).executeTakeFirst(),
})

export type RegisteredLimitStore = ReturnType<typeof registeredLimitStore>

const change = (limit: RegisteredLimit, act: string) => ({ kind: 'identity.registered_limit', id: limit.id, act, after: limit })

const refuseTwin = (error: unknown) => {
  if (!isUniqueViolation(error)) throw error
  throw new Refusal('conflict', 'Conflict occurred attempting to store registered_limit - Duplicate entry.', { cause: error })
}

const toRow = (limit: RegisteredLimit): RegisteredLimitRow => ({
  id: limit.id,
  service_id: limit.serviceId,
  region_id: limit.regionId ?? '',
  resource_name: limit.resourceName,
  default_limit: limit.defaultLimit,
  description: limit.description,
})

const toLimit = (row: RegisteredLimitRow): RegisteredLimit => ({
  id: row.id,
  serviceId: row.service_id,
  regionId: row.region_id || null,
  resourceName: row.resource_name,
  defaultLimit: Number(row.default_limit),
  description: row.description,
})
