import { Refusal } from '@kilonova/platform/refusal.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import type { LimitRow, RegisteredLimitRow, Tables, Transaction } from '../tables.ts'
import type { Limit } from './limit.ts'

export interface Filter {
  readonly registeredLimitId?: string | undefined
  readonly projectId?: string | undefined
  readonly projectIds?: readonly string[]
  readonly domainId?: string | undefined
  /** The domain's own limits and those of its projects. */
  readonly inDomain?: string | undefined
}

/** Limits in the table `limit_override`, read together with what they override. There '' stands for no project and no domain. */
export const limitStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<Limit | undefined> {
    const row = await rows(from).where('limit_override.id', '=', id).executeTakeFirst()
    return row && toLimit(row)
  },

  async list({ registeredLimitId, projectId, projectIds, domainId, inDomain }: Filter = {}, from = read): Promise<readonly Limit[]> {
    let limits = rows(from)
    if (registeredLimitId !== undefined) limits = limits.where('registered_limit_id', '=', registeredLimitId)
    if (projectId !== undefined) limits = limits.where('project_id', '=', projectId)
    if (projectIds) limits = limits.where('project_id', 'in', projectIds.length > 0 ? [...projectIds] : ['no project'])
    if (domainId !== undefined) limits = limits.where('limit_override.domain_id', '=', domainId)
    if (inDomain !== undefined) {
      const projects = from.selectFrom('project').select('id').where('domain_id', '=', inDomain)
      limits = limits.where(({ or, eb }) => or([eb('limit_override.domain_id', '=', inDomain), eb('project_id', 'in', projects)]))
    }
    return (await limits.execute()).map(toLimit)
  },

  insert: (tx: Transaction, limit: Limit) =>
    tx.change(change(limit, 'created'), sql => sql.insertInto('limit_override').values(toRow(limit)).execute().catch(refuseTwin)),

  update: (tx: Transaction, limit: Limit) =>
    tx.change(change(limit, 'updated'), sql => sql.updateTable('limit_override').set(toRow(limit)).where('id', '=', limit.id).execute()),

  delete: (tx: Transaction, limit: Limit) =>
    tx.change(change(limit, 'deleted'), sql => sql.deleteFrom('limit_override').where('id', '=', limit.id).execute()),

  /** Reads across the corridor. */
  findService: (id: string, from = read) => from.selectFrom('service').select('id').where('id', '=', id).executeTakeFirst(),
  findRegion: (id: string, from = read) => from.selectFrom('region').select('id').where('id', '=', id).executeTakeFirst(),

  async findProject(id: string, from = read): Promise<{ isDomain: boolean; domainId: string; parentId: string } | undefined> {
    const row = await from.selectFrom('project').select(['is_domain', 'domain_id', 'parent_id']).where('id', '=', id).executeTakeFirst()
    return row && { isDomain: isSet(row.is_domain), domainId: row.domain_id, parentId: row.parent_id }
  },

  async findRegistered(
    of: { serviceId: string; regionId: string | null; resourceName: string },
    from = read,
  ): Promise<{ id: string; defaultLimit: number } | undefined> {
    const row = await from
      .selectFrom('registered_limit')
      .select(['id', 'default_limit'])
      .where('service_id', '=', of.serviceId)
      .where('region_id', '=', of.regionId ?? '')
      .where('resource_name', '=', of.resourceName)
      .executeTakeFirst()
    return row && { id: row.id, defaultLimit: Number(row.default_limit) }
  },
})

export type LimitStore = ReturnType<typeof limitStore>

const rows = (from: Database<Tables>['read']) =>
  from
    .selectFrom('limit_override')
    .innerJoin('registered_limit', 'registered_limit.id', 'limit_override.registered_limit_id')
    .selectAll('limit_override')
    .select(['registered_limit.service_id', 'registered_limit.region_id', 'registered_limit.resource_name'])
    .orderBy('limit_override.id')

const change = (limit: Limit, act: string) => ({
  kind: 'identity.limit',
  id: limit.id,
  act,
  projectId: limit.projectId ?? undefined,
  domainId: limit.domainId ?? undefined,
  after: limit,
})

const refuseTwin = (error: unknown) => {
  if (!isUniqueViolation(error)) throw error
  throw new Refusal('conflict', 'Conflict occurred attempting to store limit - Duplicate entry.', { cause: error })
}

const toRow = (limit: Limit): LimitRow => ({
  id: limit.id,
  registered_limit_id: limit.registeredLimitId,
  project_id: limit.projectId ?? '',
  domain_id: limit.domainId ?? '',
  resource_limit: limit.resourceLimit,
  description: limit.description,
})

const toLimit = (row: LimitRow & Pick<RegisteredLimitRow, 'service_id' | 'region_id' | 'resource_name'>): Limit => ({
  id: row.id,
  registeredLimitId: row.registered_limit_id,
  serviceId: row.service_id,
  regionId: row.region_id || null,
  resourceName: row.resource_name,
  projectId: row.project_id || null,
  domainId: row.domain_id || null,
  resourceLimit: Number(row.resource_limit),
  description: row.description,
})
