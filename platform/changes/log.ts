import type { Cause } from '../cause.ts'
import type { Dialect } from '../sql/database.ts'
import type { Engine, Session } from '../sql/session.ts'
import type { Change, LoggedChange } from './change.ts'

/** The tables of the change log, as they are kept in every service's database. See `migration.ts`. */
export interface ChangeTables {
  change_log: ChangeRow
  change_head: { id: number; head: number }
}

export interface ChangeRow {
  number: number
  at: string
  kind: string
  id: string
  act: string
  project_id: string | null
  domain_id: string | null
  user_id: string | null
  after_json: string | null
  request_id: string
  global_request_id: string | null
  caller_id: string | null
  caller_project_id: string | null
  caller_domain_id: string | null
  why: string
  /** The same for all changes of one transaction. Lets a writer whose commit was not answered find out whether it was done. */
  tx: string
}

const columns = [
  'number',
  'at',
  'kind',
  'id',
  'act',
  'project_id',
  'domain_id',
  'user_id',
  'after_json',
  'request_id',
  'global_request_id',
  'caller_id',
  'caller_project_id',
  'caller_domain_id',
  'why',
  'tx',
] as const satisfies readonly (keyof ChangeRow)[]

/** Rows per statement; SQLite takes 32,766 parameters in one. */
const rowsAtOnce = 500

export interface Entry {
  readonly changes: readonly Change[]
  readonly cause: Cause
  readonly at: string
  readonly tx: string
}

/**
 * Appends the changes as the last act of a transaction and returns the new head.
 *
 * Offsets are taken from one row that stays locked until the commit is done. So the order of offsets is the order of commits, there are
 * no holes, and a reader at n has missed nothing below n; no sequence gives that, because sequences are taken before commits and are
 * not given back. The price: the commits of one service follow one another, each as long as two statements and the engine's flush to disk
 * (some 500 to 5000 commits a second). As the row is the last lock taken, it adds no deadlocks.
 */
export async function append(engine: Engine, session: Session, entry: Entry): Promise<number> {
  const { changes } = entry
  const head = await engine.advanceHead(session, changes.length)
  const first = head - changes.length + 1
  for (let from = 0; from < changes.length; from += rowsAtOnce) {
    const some = changes.slice(from, from + rowsAtOnce)
    const parameters: unknown[] = []
    for (const [index, change] of some.entries()) pushRow(parameters, first + from + index, change, entry)
    await session.run({ sql: insertion(engine.dialect, some.length), parameters })
  }
  return head
}

function pushRow(to: unknown[], number: number, change: Change, { cause, at, tx }: Entry): void {
  to.push(number, at, change.kind, change.id, change.act, change.projectId, change.domainId, change.userId)
  to.push(change.after === undefined ? null : JSON.stringify(change.after))
  to.push(cause.requestId, cause.globalRequestId, cause.userId, cause.projectId, cause.domainId, cause.why, tx)
}

const insertions = new Map<string, string>()

function insertion(dialect: Dialect, rows: number): string {
  const key = `${dialect}${rows}`
  let sql = insertions.get(key)
  if (sql === undefined) {
    let count = 0
    const mark = () => (dialect === 'postgres' ? `$${++count}` : '?')
    const row = () => `(${columns.map(mark).join(', ')})`
    sql = `insert into change_log (${columns.join(', ')}) values ${Array.from({ length: rows }, row).join(', ')}`
    insertions.set(key, sql)
  }
  return sql
}

export function changeOf(row: ChangeRow): LoggedChange {
  return {
    offset: row.number,
    at: row.at,
    kind: row.kind,
    id: row.id,
    act: row.act,
    projectId: row.project_id ?? undefined,
    domainId: row.domain_id ?? undefined,
    userId: row.user_id ?? undefined,
    after: row.after_json === null ? undefined : (JSON.parse(row.after_json) as object),
    cause: {
      requestId: row.request_id,
      globalRequestId: row.global_request_id ?? undefined,
      userId: row.caller_id ?? undefined,
      projectId: row.caller_project_id ?? undefined,
      domainId: row.caller_domain_id ?? undefined,
      why: row.why,
    },
  }
}
