import { nextNumber } from '@kilonova/platform/sql/counter.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Selectable } from 'kysely'
import type { MigrationRow, Tables, Transaction } from '../tables.ts'
import type { MigrationStatus, ServerMigration } from './server-migration.ts'

// biome-ignore format: words
const unfinished: readonly MigrationStatus[] = ['pre-migrating', 'migrating', 'post-migrating', 'finished', 'confirming', 'reverting']

/** Which migrations are meant. */
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

export const serverMigrationStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<ServerMigration | undefined> {
    const row = await from.selectFrom('migration').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toMigration(row)
  },

  /** Which of these are not over. */
  async liveAmong(ids: readonly string[], from = read): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set()
    const rows = await from.selectFrom('migration').select('id').where('id', 'in', ids).where('status', 'not in', over).execute()
    return new Set(rows.map(row => row.id))
  },

  /** The newest of a server that stands so. */
  async findOf(serverId: string, statuses: readonly MigrationStatus[], from = read): Promise<ServerMigration | undefined> {
    const row = await from
      .selectFrom('migration')
      .selectAll()
      .where('instance_id', '=', serverId)
      .where('status', 'in', statuses)
      .orderBy('number', 'desc')
      .executeTakeFirst()
    return row && toMigration(row)
  },

  /** The one a server is on, or whose confirmation it waits for. */
  findUnfinished(serverId: string, from = read): Promise<ServerMigration | undefined> {
    return this.findOf(serverId, unfinished, from)
  },

  async listOf(serverId: string, from = read): Promise<readonly ServerMigration[]> {
    const rows = await from.selectFrom('migration').selectAll().where('instance_id', '=', serverId).orderBy('number', 'desc').execute()
    return rows.map(toMigration)
  },

  /** The newest first, behind `before`. */
  async search(wanted: MigrationSearch, limit: number, before?: Pick<ServerMigration, 'number'>): Promise<readonly ServerMigration[]> {
    const { serverId, status, kind, host, sourceHost, userId, projectId, changedSince, changedBefore } = wanted
    const exact = { instance_id: serverId, status, kind, source_host: sourceHost, user_id: userId, project_id: projectId }
    const rows = read
      .selectFrom('migration')
      .selectAll()
      .where(eb =>
        eb.and([
          ...Object.entries(exact).flatMap(([column, value]) => (value === undefined ? [] : [eb(column as 'status', '=', value)])),
          ...(host === undefined ? [] : [eb.or([eb('source_host', '=', host), eb('dest_host', '=', host)])]),
          ...(changedSince === undefined ? [] : [eb('updated_at', '>=', changedSince)]),
          ...(changedBefore === undefined ? [] : [eb('updated_at', '<=', changedBefore)]),
          ...(before === undefined ? [] : [eb('number', '<', before.number)]),
        ]),
      )
    return (await rows.orderBy('number', 'desc').limit(limit).execute()).map(toMigration)
  },

  /** Resizes that have waited for their confirmation since before a moment. */
  async listFinishedBefore(moment: string, from = read): Promise<readonly ServerMigration[]> {
    const rows = await from
      .selectFrom('migration')
      .selectAll()
      .where('status', '=', 'finished')
      .where('updated_at', '<=', moment)
      .orderBy('number')
      .execute()
    return rows.map(toMigration)
  },

  /** A number no migration had before. */
  takeNumber: (tx: Transaction): Promise<number> => nextNumber(tx, 'migration_counter'),

  insert: (tx: Transaction, migration: ServerMigration) =>
    tx.change(change(migration, 'created'), sql => sql.insertInto('migration').values(toRow(migration)).execute()),

  update: (tx: Transaction, migration: ServerMigration, act: string) =>
    tx.change(change(migration, act), sql => sql.updateTable('migration').set(toRow(migration)).where('id', '=', migration.id).execute()),
})

const over: readonly MigrationStatus[] = ['confirmed', 'reverted', 'completed', 'cancelled', 'done', 'failed', 'error']

export type ServerMigrationStore = ReturnType<typeof serverMigrationStore>

const change = (migration: ServerMigration, act: string) => ({
  ...{ kind: 'compute.migration', id: migration.id, act },
  after: { server_id: migration.serverId, kind: migration.kind, status: migration.status },
})

const toRow = (migration: ServerMigration): MigrationRow => ({
  ...{ number: migration.number, id: migration.id, instance_id: migration.serverId, kind: migration.kind, status: migration.status },
  ...{ source_host: migration.sourceHost, source_node: migration.sourceNode, dest_host: migration.destHost, dest_node: migration.destNode },
  ...{ dest_address: migration.destAddress, old_flavor_id: migration.oldFlavorId, new_flavor_id: migration.newFlavorId },
  ...{ old_flavor_number: migration.flavorNumbers?.old ?? null, new_flavor_number: migration.flavorNumbers?.new ?? null },
  ...{ user_id: migration.userId, project_id: migration.projectId, created_at: migration.createdAt, updated_at: migration.updatedAt },
})

const toMigration = (row: Selectable<MigrationRow>): ServerMigration => ({
  ...{ number: Number(row.number), id: row.id, serverId: row.instance_id, kind: row.kind as ServerMigration['kind'] },
  status: row.status as MigrationStatus,
  ...{ sourceHost: row.source_host, sourceNode: row.source_node, destHost: row.dest_host, destNode: row.dest_node },
  ...{ destAddress: row.dest_address, oldFlavorId: row.old_flavor_id, newFlavorId: row.new_flavor_id },
  flavorNumbers: { old: row.old_flavor_number, new: row.new_flavor_number },
  ...{ userId: row.user_id, projectId: row.project_id, createdAt: row.created_at, updatedAt: row.updated_at },
})
