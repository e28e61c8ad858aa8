import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import { inject } from 'vitest'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../tables.ts'

const idle: Database<Tables>[] = []
let opened = 0

/**
 * For tests: an empty identity database. In memory, or on the server of the test's project; there a database is emptied and used again
 * when its test closes it, because making three dozen tables takes longer than most tests.
 */
export async function emptyDatabase(): Promise<Database<Tables>> {
  const server = inject('databaseServer')
  if (server === undefined) return open('sqlite://')
  const db = idle.pop() ?? (await open(urlOfOwn(server)))
  await empty(db)
  return { ...db, close: async () => void idle.push(db) }
}

/** The URL of an empty database, for tests in which several processes open it. */
export const emptyDatabaseUrl = (file: string): string => {
  const server = inject('databaseServer')
  return server === undefined ? `sqlite:///${file}` : urlOfOwn(server)
}

const open = (url: string) => openDatabase<Tables>({ url, service: 'identity', migrations, clock: systemClock, log: silentLog })

const urlOfOwn = (server: string) => {
  const url = new URL(server)
  url.pathname += `_${process.pid}_${process.env['VITEST_POOL_ID'] ?? '0'}_${++opened}`
  return url.toString()
}

async function empty(db: Database<Tables>) {
  const here = db.dialect === 'mysql' ? sql`database()` : sql`current_schema()`
  const { rows } = await sql<{ name: keyof Tables }>`select table_name as name from information_schema.tables
    where table_schema = ${here} and table_name not in ('schema_migration', 'change_head')`.execute(db.read)
  await db.transaction({ requestId: 'req-empty', why: 'the test before is over' }, tx =>
    tx.change([], async writer => {
      for (const { name } of rows) await writer.deleteFrom(name).execute()
      await sql`update change_head set head = 0`.execute(writer)
    }),
  )
}
