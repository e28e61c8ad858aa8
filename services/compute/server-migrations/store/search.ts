import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../../tables.ts'
import type { ServerMigration } from '../server-migration.ts'

export interface MigrationSearch {
  readonly serverId?: string | undefined
  readonly status?: string | undefined
  readonly kind?: string | undefined
  /** From it, or to it. */
  readonly host?: string | undefined
  readonly sourceHost?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly changedSince?: string | undefined
  readonly changedBefore?: string | undefined
}

/** The numbers of the migrations that are meant, the newest first. */
export const migrationSearch = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async search(search: MigrationSearch, limit: number, before: Pick<ServerMigration, 'number'> | undefined): Promise<readonly string[]> {
    const { serverId, status, kind, host, sourceHost, userId, projectId, changedSince, changedBefore } = search
    const exact = { instance_id: serverId, status, kind, source_host: sourceHost, user_id: userId, project_id: projectId }
    const rows = await read
      .selectFrom('migration')
      .select('id')
      .where(eb =>
        eb.and([
          ...Object.entries(exact).flatMap(([column, value]) => (value === undefined ? [] : [eb(column as 'status', '=', value)])),
          ...(host === undefined ? [] : [eb.or([eb('source_host', '=', host), eb('dest_host', '=', host)])]),
          ...(changedSince === undefined ? [] : [eb('updated_at', '>=', changedSince)]),
          ...(changedBefore === undefined ? [] : [eb('updated_at', '<=', changedBefore)]),
          ...(before === undefined ? [] : [eb('number', '<', before.number)]),
        ]),
      )
      .orderBy('number', 'desc')
      .limit(limit)
      .execute()
    return rows.map(({ id }) => id)
  },
})
