import type { QueryResult } from 'kysely'
import type { Dialect } from './database.ts'

export interface Statement {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** One conversation with a database: what is said in it is answered in order. Parameters are normalised by the session. */
export interface Session {
  run<R>(statement: Statement): Promise<QueryResult<R>>
}

/**
 * One engine, opened. The rest of the platform knows no other difference between SQLite, MariaDB and PostgreSQL than what stands here,
 * in `migrate.ts` (locks) and in `columns.ts` (types).
 */
export interface Engine {
  readonly dialect: Dialect
  /** A read outside of any transaction, on a session that refuses to write. */
  read<R>(statement: Statement): Promise<QueryResult<R>>
  /** Begins a writing transaction; waits, within bounds, for other processes that hold the lock. */
  begin(session: Session): Promise<void>
  /** Lends a session that may write, to one borrower at a time; waits its turn. */
  lend(): Promise<Session>
  /** `broken`: nothing is known about its state; it is closed instead of being used again. */
  giveBack(session: Session, broken: boolean): Promise<void>
  /** Adds `count` to the head of the change log and returns the new head; its row stays locked until the commit. */
  advanceHead(session: Session, count: number): Promise<number>
  /** Runs `work` in a session that may take its time, while no other process migrates this database. */
  alone(service: string, work: (session: Session) => Promise<void>): Promise<void>
  /** What MariaDB and MySQL append to a table's definition, so that it does not depend on how the database was created. */
  readonly tableEnd: string | undefined
  close(): Promise<void>
}
