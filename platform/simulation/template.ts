import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { type Database, type Migration, openDatabase } from '../sql/database.ts'
import type { World } from './simulation.ts'

/**
 * SQLite databases for many worlds, each a copy of one that was migrated once: a copy takes a third of the time. The copy has no name in
 * any folder, and ends with the process however that ends.
 */
export function copiedDatabases<Tables>(
  service: string,
  migrations: readonly Migration[],
): (world: Pick<World, 'clock' | 'chance'>) => Promise<Database<Tables>> {
  let migrated: Promise<Buffer> | undefined
  return async ({ clock, chance }) => {
    migrated ??= template(service, migrations)
    const path = join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `kilonova-${randomUUID()}.db`)
    try {
      closeSync(openSync(path, 'w', 0o600))
      writeFileSync(path, await migrated)
      return await openDatabase<Tables>({ url: `sqlite:///${path}`, service, migrations, clock, chance, log: silentLog })
    } finally {
      for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true })
    }
  }
}

/** What lies in the file of an empty, migrated database. */
async function template(service: string, migrations: readonly Migration[]): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'kilonova-template-'))
  try {
    const path = join(folder, 'empty.db')
    await (await openDatabase({ url: `sqlite:///${path}`, service, migrations, clock: systemClock, log: silentLog })).close()
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
