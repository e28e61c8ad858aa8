import type { ColumnType, Kysely, RawBuilder, SchemaModule } from 'kysely'
import type { ReadonlyKysely } from 'kysely/readonly'
import type { Cause } from '../cause.ts'
import { type Chance, systemChance } from '../chance.ts'
import type { Change, ChangeLog } from '../changes/change.ts'
import { changeLog } from '../changes/changes.ts'
import type { ChangeTables } from '../changes/log.ts'
import { changeLogMigration } from '../changes/migration.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { openEngine, patientRead } from './engine.ts'
import { health } from './health.ts'
import { migrate } from './migrate.ts'
import { kyselyOver } from './over.ts'
import type { Engine } from './session.ts'
import { transactions } from './transaction.ts'
import { parsePlace } from './url.ts'

export type Dialect = 'sqlite' | 'mysql' | 'postgres'

/** What may be asked: the select half of Kysely, raw `sql` included. Its connections refuse to write, whatever the statement says. */
export type Reader<Tables> = Pick<
  ReadonlyKysely<Tables>,
  'selectFrom' | 'selectNoFrom' | 'with' | 'withRecursive' | 'fn' | 'case' | 'dynamic'
> &
  Pick<Kysely<Tables>, 'executeQuery' | 'getExecutor'>

/** What may be said inside `tx.change`. `replace`, `merge` and `returning` are not portable and are left out or must not be used. */
export type Writer<Tables> = Reader<Tables> & Pick<Kysely<Tables>, 'insertInto' | 'updateTable' | 'deleteFrom'>

export interface Database<Tables> {
  readonly dialect: Dialect
  /** Sees what is committed; never waits for a writer. A lost connection is tried once more, then Refusal('unavailable'). */
  readonly read: Reader<Tables>
  /**
   * Begins, runs `work`, appends its changes to the log, commits. Deadlocks and connections lost before the commit are retried, so `work`
   * must be safe to repeat: it may touch nothing but the database. A connection lost during the commit is looked into: the promise
   * tells the truth about what was committed. Otherwise Refusal('unavailable', ..., { retryAfterS }).
   *
   * A statement that fails (a unique violation, say) spoils its transaction: nothing further can be done in it and it is rolled back,
   * so that all engines behave alike. Catch outside: `catch (error) { if (isUniqueViolation(error)) ... }` around `transaction`.
   * A transaction inside a transaction is a defect and throws.
   */
  transaction<R>(cause: Cause, work: (tx: Tx<Tables>) => Promise<R>): Promise<R>
  readonly changes: ChangeLog
  /** Ends followers, waits for running transactions, closes every connection. */
  close(): Promise<void>
}

export interface Tx<Tables> {
  /** Sees this transaction's own writes. */
  readonly read: Reader<Tables>
  /** The only way to write: the statements and what they mean, together. An empty list is for rows that nobody watches (sessions, locks). */
  change<R>(change: Change | readonly Change[], write: (sql: Writer<Tables>) => Promise<R>): Promise<R>
  /** Runs after the commit, never when it fails: nudging a worker. Must not throw. */
  afterCommit(run: () => void): void
}

/** The ways to change a schema that only expand. `run` is for filling what was added. */
export interface Schema extends Pick<SchemaModule, 'createTable' | 'createIndex' | 'alterTable'> {
  run(statement: RawBuilder<unknown>): Promise<void>
}

/**
 * One step of a schema, applied once per database, in the order of the list, under a lock. Migrations only expand: they add tables, columns
 * that are nullable or have a default, and indexes; a program that is one release older goes on working. So a database may be newer
 * than the program.
 */
export interface Migration {
  /** `0001-regions`; unique within the database, never renamed. */
  readonly name: string
  up(schema: Schema, dialect: Dialect): Promise<void>
}

/** A column that holds 0 or 1: written as a boolean or a number, compared with 0 and 1, read back with `isSet(row.enabled)`. */
export type Flag = ColumnType<number, boolean | number, boolean | number>

export interface DatabaseWish {
  /** As OpenStack writes it: `mysql+pymysql://user:password@host/name`, `postgresql://...`, `sqlite:////absolute/path`, `sqlite://`. */
  readonly url: string
  /** `identity`: names locks and log lines. */
  readonly service: string
  readonly migrations: readonly Migration[]
  readonly clock: Clock
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  /** Default: the machine's. */
  readonly chance?: Chance | undefined
  /** The option the URL came from, for error messages; default `[database] connection`. */
  readonly option?: string | undefined
  /** MariaDB and PostgreSQL: connections that write at most, and as many that read; default 5. */
  readonly connections?: number | undefined
}

/**
 * Opens the database, creates it where the server allows, and migrates it. Throws `ConfigError`, one line for the operator, when it cannot
 * be reached or opened as configured. Once open it outlives the server: while that is away, calls are refused as unavailable.
 */
export async function openDatabase<Tables>(wish: DatabaseWish): Promise<Database<Tables>> {
  const { clock, log, chance = systemChance, option = '[database] connection' } = wish
  const place = parsePlace(wish.url, option)
  const engine = await openEngine(place, { clock, chance, log, option, connections: wish.connections ?? 5 })
  try {
    await migrate(engine, { service: wish.service, migrations: [changeLogMigration, ...wish.migrations], log })
  } catch (error) {
    await engine.close()
    throw error
  }

  return databaseOver<Tables>(engine, wish, chance)
}

function databaseOver<Tables>(engine: Engine, { clock, log, service }: DatabaseWish, chance: Chance): Database<Tables> {
  const rooms = { engine, clock, chance, log, health: health(service, clock, log), committed: (head: number) => changes.committed(head) }
  const read = kyselyOver<Tables>(engine.dialect, query => patientRead(rooms, query))
  const transactionOnChanges = transactions<ChangeTables>(rooms)
  const forget = (upTo: number): Promise<number> =>
    transactionOnChanges({ requestId: `req-${chance.uuid()}`, why: 'prune the change log' }, tx =>
      tx.change([], async sql =>
        Number((await sql.deleteFrom('change_log').where('number', '<=', upTo).executeTakeFirst()).numDeletedRows),
      ),
    )
  const changes = changeLog({ read: read as unknown as Reader<ChangeTables>, forget, clock, log })
  let closing: Promise<void> | undefined
  return {
    dialect: engine.dialect,
    read: read as unknown as Reader<Tables>,
    transaction: transactions<Tables>(rooms),
    changes,
    close: () => {
      changes.close()
      closing ??= engine.close()
      return closing
    },
  }
}
