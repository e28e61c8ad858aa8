import { systemClock } from '@kilonova/platform/clock.ts'
import { type ChangeRooms, changeLog } from '@kilonova/platform/changes/changes.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import { inject } from 'vitest'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../tables.ts'

/** Databases that no test uses. */
const idle: Database<Tables>[] = []
let opened = 0

/**
 * For tests: an empty identity database. In memory, or on the server of the test's project; there a database is emptied and used again
 * when its test closes it, because making three dozen tables, and even connecting, takes longer than most tests.
 */
export async function emptyDatabase(): Promise<Database<Tables>> {
  const server = inject('databaseServer')
  if (server === undefined) return open('sqlite://')
  const db = idle.pop() ?? (await open(urlOfOwn(server)))
  await empty(db)
  const changes = freshChanges(db)
  return {
    ...db,
    changes,
    close: async () => {
      changes.close()
      idle.push(db)
    },
  }
}

/** The change log that a process sees which has just begun: the one of the database remembers what the test before wrote. */
function freshChanges(db: Database<Tables>) {
  const cause = { requestId: 'req-forget', why: 'prune the change log' }
  const forget = (upTo: number) =>
    db.transaction(cause, tx =>
      tx.change([], async writer =>
        Number((await sql`delete from change_log where number <= ${upTo}`.execute(writer)).numAffectedRows ?? 0),
      ),
    )
  const changes = changeLog({ read: db.read as unknown as ChangeRooms['read'], forget, clock: systemClock, log: silentLog })
  const stop = db.changes.onCommit(head => changes.committed(head))
  return {
    ...changes,
    close: () => {
      stop()
      changes.close()
    },
  }
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
  tables ??= await allTables(db)
  const full = await filledTables(db, tables)
  await db.transaction({ requestId: 'req-empty', why: 'the test before is over' }, tx =>
    tx.change([], async writer => {
      for (const name of full) await writer.deleteFrom(name).execute()
      await sql`update change_head set head = 0`.execute(writer)
    }),
  )
}

type Name = keyof Tables
let tables: readonly Name[] | undefined

async function allTables(db: Database<Tables>): Promise<readonly Name[]> {
  const here = db.dialect === 'mysql' ? sql`database()` : sql`current_schema()`
  const { rows } = await sql<{ name: Name }>`select table_name as name from information_schema.tables
    where table_schema = ${here} and table_name not in ('schema_migration', 'change_head')`.execute(db.read)
  return rows.map(row => row.name)
}

/** In one question: most tests fill a handful. */
async function filledTables(db: Database<Tables>, all: readonly Name[]): Promise<readonly Name[]> {
  const each = all.map(
    name => sql`select ${sql.lit(name)} as name from (select 1 as one) as one where exists (select 1 from ${sql.table(name)})`,
  )
  const { rows } = await sql<{ name: Name }>`${sql.join(each, sql` union all `)}`.execute(db.read)
  return rows.map(row => row.name)
}
