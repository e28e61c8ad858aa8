import { type CompiledQuery, type Kysely, type QueryResult, sql } from 'kysely'
import type { Log } from '../log/log.ts'
import type { Dialect, Migration, Schema } from './database.ts'
import { isAlreadyThere } from './errors.ts'
import { kyselyOver } from './over.ts'
import type { Engine, Session, Statement } from './session.ts'

interface MigrationTables {
  schema_migration: { name: string; finished: number }
}

/**
 * Applies what is not yet applied, in the order of the list. Where the engine can, a migration and its record are one transaction (on
 * SQLite all of them are); MariaDB commits each definition by itself, so a migration that was interrupted there is run again, and what it had made
 * already is passed over.
 */
export async function migrate(
  engine: Engine,
  wish: { readonly service: string; readonly migrations: readonly Migration[]; readonly log: Pick<Log, 'info' | 'warn'> },
): Promise<void> {
  const names = new Set(wish.migrations.map(migration => migration.name))
  if (names.size < wish.migrations.length) throw new Error(`Two migrations of ${wish.service} have the same name.`)
  const { log } = wish

  await engine.alone(wish.service, async session => {
    const { dialect } = engine
    const plain = kyselyOver<MigrationTables>(dialect, query => session.run(query))
    const records = ['create table if not exists schema_migration', '(name varchar(191) not null primary key, finished smallint not null)']
    await quietly(session, dialect, [...records, engine.tableEnd ?? ''].join(' '))
    const rows = await plain.selectFrom('schema_migration').selectAll().execute()
    const known = new Map(rows.map(row => [row.name, row.finished === 1]))
    const newer = rows.filter(row => !names.has(row.name)).map(row => row.name)
    if (newer.length > 0) log.info('The database is newer than this program', { service: wish.service, migrations: newer })

    for (const migration of wish.migrations) {
      if (known.get(migration.name) === true) continue
      await apply(session, engine, migration, known.has(migration.name), log)
      log.info('Migrated the database', { service: wish.service, migration: migration.name })
    }
  })
}

async function apply(session: Session, engine: Engine, migration: Migration, begun: boolean, log: Pick<Log, 'warn'>): Promise<void> {
  const { dialect } = engine
  const whole = dialect === 'postgres'
  const records = kyselyOver<MigrationTables>(dialect, query => session.run(query))
  const run = async (query: CompiledQuery): Promise<QueryResult<unknown>> => {
    try {
      return await session.run(query)
    } catch (error) {
      if (begun && isAlreadyThere(error)) return { rows: [] }
      throw error
    } finally {
      if (dialect === 'mysql') await tellWarnings(session, migration.name, log)
    }
  }
  const schema = schemaOver(
    kyselyOver<object>(dialect, query => run(query)),
    engine.tableEnd,
  )

  if (whole) await say(session, 'begin')
  try {
    if (!begun) await records.insertInto('schema_migration').values({ name: migration.name, finished: 0 }).execute()
    await migration.up(schema, dialect)
    await records.updateTable('schema_migration').set({ finished: 1 }).where('name', '=', migration.name).execute()
    if (whole) await say(session, 'commit')
  } catch (error) {
    if (whole) await say(session, 'rollback').catch(() => undefined)
    throw new Error(`The migration ${migration.name} failed`, { cause: error })
  }
}

function schemaOver(db: Kysely<object>, tableEnd: string | undefined): Schema {
  const { schema } = db
  return {
    createTable: table => {
      const builder = schema.createTable(table)
      return tableEnd === undefined ? builder : builder.modifyEnd(sql.raw(tableEnd))
    },
    createIndex: index => schema.createIndex(index),
    alterTable: table => schema.alterTable(table),
    run: async statement => {
      await statement.execute(db)
    },
  }
}

const say = (session: Session, sql: string) => session.run({ sql, parameters: [] })

/** Without a warning when the table is there: MariaDB and PostgreSQL both give one for `if not exists`. */
async function quietly(session: Session, dialect: Dialect, createTable: string): Promise<void> {
  const present: Statement = {
    sqlite: { sql: `select 1 from sqlite_master where name = 'schema_migration'`, parameters: [] },
    mysql: {
      sql: `select 1 from information_schema.tables where table_schema = database() and table_name = 'schema_migration'`,
      parameters: [],
    },
    postgres: { sql: `select 1 where to_regclass('schema_migration') is not null`, parameters: [] },
  }[dialect]
  const { rows } = await session.run(present)
  if (rows.length === 0) await say(session, createTable)
}

/** MariaDB calls every primary key PRIMARY; the names are for PostgreSQL. */
const nameOfKeyIgnored = 1280

/** What the server thinks of a definition ("Duplicate index"): the author of the migration wants to know. */
async function tellWarnings(session: Session, migration: string, log: Pick<Log, 'warn'>): Promise<void> {
  const { rows } = await session.run<{ Level: string; Code: number; Message: string }>({ sql: 'show warnings', parameters: [] })
  for (const { Level, Code, Message } of rows)
    if (Level !== 'Error' && Code !== nameOfKeyIgnored)
      log.warn('The database warns of a migration', { migration, code: Code, warning: Message })
}
