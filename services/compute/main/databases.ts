import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { taskMigration } from '@kilonova/platform/tasks/migration.ts'
import { servers } from '../migrations/0001-servers.ts'
import { instanceCounter } from '../migrations/0002-instance-counter.ts'
import { extensionRecords } from '../migrations/0003-extension-records.ts'
import { services } from '../migrations/0004-services.ts'
import { serverLife } from '../migrations/0005-server-life.ts'
import { instanceActions } from '../migrations/0007-instance-actions.ts'
import { serverPasswords } from '../migrations/0006-server-passwords.ts'
import { flavors } from '../migrations/api/0001-flavors.ts'
import { cellMappings } from '../migrations/api/0002-cells.ts'
import { keypairs } from '../migrations/api/0003-keypairs.ts'
import { serverGroups } from '../migrations/api/0004-server-groups.ts'
import { aggregates } from '../migrations/api/0005-aggregates.ts'
import { scheduling } from '../migrations/api/0006-scheduling.ts'
import { instanceSizes } from '../migrations/0008-instance-sizes.ts'
import { instanceSums } from '../migrations/0009-instance-sums.ts'
import { migratedFlavorNumbers } from '../migrations/0010-flavor-numbers.ts'
import { quotas } from '../migrations/api/0007-quotas.ts'
import { flavorNumbers } from '../migrations/api/0008-flavor-numbers.ts'
import type { ApiTables } from '../tables/api.ts'
import type { Tables } from '../tables.ts'

/** Of one cell; cell0 has the same tables. */
export const migrations = [
  servers,
  taskMigration,
  instanceCounter,
  extensionRecords,
  services,
  serverLife,
  instanceActions,
  serverPasswords,
  instanceSizes,
  instanceSums,
  migratedFlavorNumbers,
]
export const apiMigrations = [flavors, cellMappings, keypairs, serverGroups, aggregates, scheduling, quotas, flavorNumbers]

/** Nova's three: what belongs to no cell, the cell with hosts, and the one of servers that never found a host. */
export interface Databases {
  readonly api: Database<ApiTables>
  readonly cell1: Database<Tables>
  readonly cell0: Database<Tables>
}

export interface DatabasesWish {
  /** Of cell1; cell0's is the same with `_cell0` at its name's end. */
  readonly databaseUrl: string
  /** Unless told, cell1's with `_api` at its name's end. */
  readonly apiDatabaseUrl?: string | undefined
  readonly clock: Clock
  readonly chance: Chance
}

export async function openDatabases({ databaseUrl, apiDatabaseUrl, clock, chance }: DatabasesWish, log: Log): Promise<Databases> {
  const opened: { close(): Promise<void> }[] = []
  const open = async <T>(url: string, own: typeof migrations, option: string): Promise<Database<T>> => {
    const database = await openDatabase<T>({ url, service: 'compute', migrations: own, clock, chance, log, option })
    opened.push(database)
    return database
  }
  try {
    return {
      cell1: await open<Tables>(databaseUrl, migrations, '[nova_database] connection'),
      cell0: await open<Tables>(besides(databaseUrl, '_cell0'), migrations, '[nova_database] connection'),
      api: await open<ApiTables>(apiDatabaseUrl ?? besides(databaseUrl, '_api'), apiMigrations, '[api_database] connection'),
    }
  } catch (error) {
    await Promise.all(opened.map(one => one.close()))
    throw error
  }
}

/** The database of that name on the same server; of SQLite, the file in the same directory. One in memory has another beside it. */
export function besides(url: string, suffix: string): string {
  const [, place = '', query = ''] = /^([^?]*)(\?.*)?$/.exec(url) ?? []
  if (/^sqlite:\/*$/.test(place)) return url
  return `${place.replace(/(\.[a-z0-9]+)?$/i, extension => (place.startsWith('sqlite') ? `${suffix}${extension}` : `${extension}${suffix}`))}${query}`
}
