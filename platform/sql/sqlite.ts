import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { QueryResult } from 'kysely'
import { LRUCache } from 'lru-cache'
import { LostConnection } from './errors.ts'
import { bindable } from './parameters.ts'
import type { Session, Statement } from './session.ts'

/** Statements kept prepared per connection. A service has a few hundred; lists with optional filters make more. */
const statementsKept = 500

/** How long SQLite itself waits, with the whole process, for another process's lock; beyond it waiting is done without blocking. */
const blockingWaitMs = 20

interface Prepared {
  readonly statement: StatementSync
  readonly returnsRows: boolean
}

/** One connection to an SQLite file. Everything happens at once, in the calling turn; the promises are for the other engines' sake. */
export class SqliteSession implements Session {
  readonly #db: DatabaseSync
  readonly #prepared = new LRUCache<string, Prepared>({ max: statementsKept })

  constructor(path: string, pragmas: readonly string[]) {
    this.#db = new DatabaseSync(path, { timeout: blockingWaitMs })
    try {
      for (const pragma of pragmas) this.#db.exec(`pragma ${pragma}`)
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  async run<R>(statement: Statement): Promise<QueryResult<R>> {
    return this.runNow<R>(statement)
  }

  runNow<R>({ sql, parameters }: Statement): QueryResult<R> {
    const prepared = this.#prepare(sql)
    const bound = parameters.map(bindable)
    if (prepared.returnsRows) return { rows: prepared.statement.all(...bound) as R[] }
    const { changes, lastInsertRowid } = prepared.statement.run(...bound)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }

  /** Without parameters and without an answer: begin, commit, rollback. */
  say(sql: string): void {
    this.#prepare(sql).statement.run()
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  close(): void {
    this.#prepared.clear()
    if (this.#db.isOpen) this.#db.close()
  }

  #prepare(sql: string): Prepared {
    if (!this.#db.isOpen) throw new LostConnection('The database is closed')
    let prepared = this.#prepared.get(sql)
    if (prepared === undefined) {
      const statement = this.#db.prepare(sql)
      prepared = { statement, returnsRows: statement.columns().length > 0 }
      this.#prepared.set(sql, prepared)
    }
    return prepared
  }
}
