import { AsyncLocalStorage } from 'node:async_hooks'
import type { CompiledQuery, QueryResult } from 'kysely'
import type { Cause } from '../cause.ts'
import type { Chance } from '../chance.ts'
import type { Change } from '../changes/change.ts'
import { append } from '../changes/log.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import type { Refusal } from '../refusal.ts'
import type { Dialect, Reader, Tx, Writer } from './database.ts'
import { isContention, isLost, isOutOfSpace } from './errors.ts'
import type { Health } from './health.ts'
import { kyselyOver } from './over.ts'
import type { Engine, Session } from './session.ts'
import { outOfSpace, unavailable, unknownOutcome } from './unavailable.ts'

/** How often a transaction is begun anew when the engine preferred another one, and when the connection was lost. */
const contentionAttempts = 10
const lostAttempts = 4

/** How long the fate of a commit without an answer is looked into. */
const settleForMs = 10_000

interface Rooms {
  readonly engine: Engine
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  readonly health: Health
  /** Called after each commit with changes. */
  readonly committed: (head: number) => void
}

/** How one try ended. `head` is that of the change log; nothing when there were no changes. */
type Outcome<R> =
  | { readonly end: 'committed'; readonly result: R; readonly head: number | undefined }
  | { readonly end: 'failed'; readonly error: unknown; readonly fault: unknown }
  | { readonly end: 'unanswered'; readonly error: unknown; readonly result: R; readonly head: number | undefined; readonly tx: string }

export function transactions<Tables>(rooms: Rooms) {
  const { engine, clock, chance, log } = rooms
  const running = new AsyncLocalStorage<Scope<Tables>>()

  async function transaction<R>(cause: Cause, work: (tx: Tx<Tables>) => Promise<R>): Promise<R> {
    if (running.getStore()?.open)
      throw new Error('A transaction was begun inside a transaction of the same database: pass `tx` on instead.')
    let contended = 0
    let lost = 0
    for (;;) {
      const scope = new Scope<Tables>(engine.dialect)
      const outcome = await once(scope, cause, work)
      const ended = outcome.end === 'unanswered' ? await settle(outcome) : outcome
      if (ended.end === 'committed') {
        rooms.health.well()
        finish(scope, ended.head)
        return ended.result
      }
      if (isContention(ended.fault)) {
        if (++contended >= contentionAttempts) throw unavailable(ended.error, 1)
        await clock.sleep(Math.min(2 ** contended, 200) * (0.5 + chance.fraction()))
      } else if (isLost(ended.fault)) {
        if (++lost >= lostAttempts) throw away(ended.error)
        await clock.sleep(50 * 2 ** lost * (0.5 + chance.fraction()))
      } else {
        if (!isOutOfSpace(ended.fault)) throw ended.error
        log.error('The database cannot write', { error: ended.fault })
        throw outOfSpace(ended.error)
      }
    }
  }

  function away(error: unknown): Refusal {
    rooms.health.lost(error)
    return unavailable(error)
  }

  async function once<R>(scope: Scope<Tables>, cause: Cause, work: (tx: Tx<Tables>) => Promise<R>): Promise<Outcome<R>> {
    let session: Session
    try {
      session = await engine.lend()
    } catch (error) {
      return { end: 'failed', error, fault: error }
    }
    let broken = false
    let working = false
    let done: { readonly result: R; readonly head: number | undefined; readonly tx: string } | undefined
    try {
      await engine.begin(session)
      scope.open = true
      scope.session = session
      working = true
      const result = await running.run(scope, work, scope.tx)
      working = false
      scope.open = false
      if (scope.failure !== undefined) throw scope.failure
      const tx = chance.hex()
      const { changes } = scope
      const at = new Date(clock.now()).toISOString()
      const head = changes.length === 0 ? undefined : await append(engine, session, { changes, cause, at, tx })
      done = { result, head, tx }
      await session.run({ sql: 'commit', parameters: [] })
      return { end: 'committed', result, head }
    } catch (error) {
      scope.open = false
      // What `work` throws of its own accord is its answer, whatever it resembles.
      const fault = scope.failure ?? (working ? undefined : error)
      broken = isLost(fault) || !(await rolledBack(session))
      if (done !== undefined && isLost(error)) return { end: 'unanswered', error, ...done }
      return { end: 'failed', error, fault }
    } finally {
      await engine.giveBack(session, broken)
    }
  }

  async function rolledBack(session: Session): Promise<boolean> {
    try {
      await session.run({ sql: 'rollback', parameters: [] })
      return true
    } catch {
      // SQLite has rolled back by itself after some errors and says that there is no transaction; its session is not the worse for it.
      return engine.dialect === 'sqlite'
    }
  }

  /**
   * The connection went away after the commit was sent. Whoever holds the row of the head knows that the earlier transaction has ended,
   * because it held that row; then its first change is either there, under its own mark, or it never will be.
   */
  async function settle<R>(lost: Outcome<R> & { readonly end: 'unanswered' }): Promise<Exclude<Outcome<R>, { end: 'unanswered' }>> {
    // Without a change there is no trace to look for.
    if (lost.head === undefined) throw unknownOutcome(lost.error)
    const deadline = clock.monotonic() + settleForMs
    for (let attempt = 1; ; attempt++) {
      try {
        const kept = await isKept(lost.head, lost.tx)
        log.warn('A commit got no answer', { committed: kept, error: lost.error })
        return kept ? { end: 'committed', result: lost.result, head: lost.head } : { end: 'failed', error: lost.error, fault: lost.error }
      } catch (error) {
        if (clock.monotonic() > deadline || !(isLost(error) || isContention(error))) throw unknownOutcome(error)
        await clock.sleep(Math.min(50 * 2 ** attempt, 500) * (0.5 + chance.fraction()))
      }
    }
  }

  async function isKept(head: number, tx: string): Promise<boolean> {
    const session = await engine.lend()
    let sound = false
    try {
      await engine.begin(session)
      await engine.advanceHead(session, 0)
      const mark = engine.dialect === 'postgres' ? '$1' : '?'
      const { rows } = await session.run<{ tx: string }>({ sql: `select tx from change_log where number = ${mark}`, parameters: [head] })
      sound = await rolledBack(session)
      return rows[0]?.tx === tx
    } finally {
      await engine.giveBack(session, !sound)
    }
  }

  function finish(scope: Scope<Tables>, head: number | undefined): void {
    for (const run of [...(head === undefined ? [] : [() => rooms.committed(head)]), ...scope.later]) {
      try {
        run()
      } catch (error) {
        log.error('What was to be done after a commit failed', { error })
      }
    }
  }

  return transaction
}

const writes: ReadonlySet<string> = new Set(['InsertQueryNode', 'UpdateQueryNode', 'DeleteQueryNode', 'MergeQueryNode'])

/** One try of one transaction: what it may do, and what it has said it means. */
class Scope<Tables> {
  readonly changes: Change[] = []
  readonly later: (() => void)[] = []
  readonly tx: Tx<Tables>
  session: Session | undefined
  open = false
  /** The first statement that failed. */
  failure: unknown

  constructor(dialect: Dialect) {
    const sql = kyselyOver<Tables>(dialect, query => this.#run(query)) as unknown as Writer<Tables>
    const read = kyselyOver<Tables>(dialect, query => this.#run(query, true)) as unknown as Reader<Tables>
    this.tx = {
      read,
      change: (change, write) => {
        if (Array.isArray(change)) this.changes.push(...change)
        else this.changes.push(change as Change)
        return write(sql)
      },
      afterCommit: run => void this.later.push(run),
    }
  }

  async #run(query: CompiledQuery, readOnly = false): Promise<QueryResult<unknown>> {
    if (readOnly && writes.has(query.query.kind)) throw new Error('Writing is done inside `tx.change`, with what it means.')
    if (!this.open || this.session === undefined) throw new Error('The transaction is over: a statement was not awaited inside it.')
    if (this.failure !== undefined)
      throw new Error('A statement of this transaction has failed; it can only be left.', { cause: this.failure })
    try {
      return await this.session.run(query)
    } catch (error) {
      this.failure ??= error
      throw error
    }
  }
}
