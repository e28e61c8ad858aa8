import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'

export interface ServedEndpoint {
  readonly id: string
  readonly serviceId: string
  readonly interface: string
  readonly regionId: string | null
  readonly url: string
  readonly enabled: boolean
}

/** Across the corridor, for reading only: all that a catalog is made of. */
export const catalogStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  listServices: () => read.selectFrom('service').select(['id', 'type', 'name']).where('enabled', '=', 1).orderBy('id').execute(),

  async listEndpoints(): Promise<readonly ServedEndpoint[]> {
    const rows = await read.selectFrom('endpoint').selectAll().orderBy('id').execute()
    return rows.map(row => ({
      id: row.id,
      serviceId: row.service_id,
      interface: row.interface,
      regionId: row.region_id,
      url: row.url,
      enabled: isSet(row.enabled),
    }))
  },

  /** Which endpoints projects were given one by one. */
  listProjectEndpoints: () => read.selectFrom('project_endpoint').select(['project_id', 'endpoint_id']).execute(),

  /** Which filters projects were given, as groups of endpoints. */
  async listProjectFilters(): Promise<readonly { projectId: string; filters: Readonly<Record<string, unknown>> }[]> {
    const rows = await read
      .selectFrom('project_endpoint_group')
      .innerJoin('endpoint_group', 'endpoint_group.id', 'project_endpoint_group.endpoint_group_id')
      .select(['project_endpoint_group.project_id', 'endpoint_group.filters'])
      .execute()
    return rows.map(row => ({ projectId: row.project_id, filters: JSON.parse(row.filters) }))
  },
})

export type CatalogStore = ReturnType<typeof catalogStore>
