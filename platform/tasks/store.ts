import type { Selectable, Updateable } from 'kysely'
import type { Cause } from '../cause.ts'
import type { Change } from '../changes/change.ts'
import type { Clock } from '../clock.ts'
import type { Database, Reader, Tx } from '../sql/database.ts'
import { type Given, kept } from '../sql/kept.ts'
import { Abandoned, type Journal } from './carry-out.ts'
import type { TaskTables } from './migration.ts'
import { type TaskRecord, type TaskState, unfinishedStates } from './record.ts'

/** Deleted per transaction: long enough to be quick, short enough that writers hardly wait. */
const rowsAtOnce = 500

type Row = Selectable<TaskTables['task']>

/** Where a task stands among others. */
const places = ['id', 'subject', 'state', 'lease_until_ms', 'created_ms'] as const
type Place = Pick<Row, (typeof places)[number]>

export interface NewTask {
  readonly id: string
  readonly name: string
  readonly key: string
  readonly input: object
  readonly cause: Cause
  readonly deadlineMs: number
}

/** The table `task`. Each transition is a change of kind `<service>.task`. */
export function taskStore(service: string, database: Database<TaskTables>, clock: Clock) {
  const nowText = () => new Date(clock.now()).toISOString()

  const changeOf = (record: Pick<TaskRecord, 'id' | 'name' | 'key' | 'cause'>, act: string, after: object): Change => ({
    kind: `${service}.task`,
    id: record.id,
    act,
    projectId: record.cause.projectId,
    after: { name: record.name, key: record.key, ...after },
  })

  /** Clocks of machines differ; work on one subject is done in the order in which it was asked for all the same. */
  async function turnOf(tx: Tx<TaskTables>, key: string): Promise<number> {
    const last = await newestOf(tx.read, { key })
    return Math.max(clock.now(), (last[0]?.created_ms ?? 0) + 1)
  }

  async function insert(tx: Tx<TaskTables>, { id, name, key, input, cause, deadlineMs }: NewTask): Promise<void> {
    const at = nowText()
    const row = {
      ...{ id, name, subject: key, state: 'ready', turned: 0, attempts: 0, fault_json: null, owner: null, lease_until_ms: 0 },
      ...{ input_json: JSON.stringify(input), saved_json: '{}', finished_json: '[]', undone_json: '[]', cause_json: JSON.stringify(cause) },
      ...{ created_at: at, created_ms: await turnOf(tx, key), updated_at: at, deadline_ms: clock.now() + deadlineMs },
    }
    await tx.change(changeOf({ id, name, key, cause }, 'recorded', { state: 'ready' }), sql => sql.insertInto('task').values(row).execute())
  }

  /** What every worker asks every few seconds: built once for its kinds of tasks. */
  function waitingOf(names: readonly string[]): ReturnType<typeof waitingTasks> {
    const known = looks.get(names.join()) ?? waitingTasks(names)
    looks.set(names.join(), known)
    return known
  }
  const looks = new Map<string, ReturnType<typeof waitingTasks>>()

  /** Of the oldest `limit` tasks nobody works on, the first `most` that are the next of their subject. */
  async function listFree(names: readonly string[], limit: number, most = limit): Promise<readonly TaskRecord[]> {
    const waiting = await waitingOf(names)(database.read, { now: clock.now(), limit })
    if (waiting.length === 0) return []
    const rivals = await rivalsOf(database.read, [...new Set(waiting.map(({ subject }) => subject))])
    // Behind a full house many wait: they are looked at by their places, and only those that are taken are read.
    const next = waiting.filter(row => isNext(row, rivals)).slice(0, most)
    const ids = next.map(({ id }) => id)
    const rows = ids.length === 0 ? [] : await database.read.selectFrom('task').selectAll().where('id', 'in', ids).execute()
    const byId = new Map(rows.map(row => [row.id, recordOf(row)]))
    return ids.flatMap(id => byId.get(id) ?? [])
  }

  const rivalsOf = (read: Reader<TaskTables>, subjects: readonly string[]) =>
    read.selectFrom('task').select(places).where('subject', 'in', subjects).where('state', 'in', unfinishedStates).execute()

  /** Begun before not begun, then the older; and never while somebody works on the subject. */
  function isNext(row: Place, all: readonly Place[]): boolean {
    const rivals = all.filter(({ subject }) => subject === row.subject)
    if (rivals.some(rival => rival.id !== row.id && rival.lease_until_ms > clock.now())) return false
    const [first] = rivals.toSorted(
      (a, b) => Number(a.state === 'ready') - Number(b.state === 'ready') || a.created_ms - b.created_ms || (a.id < b.id ? -1 : 1),
    )
    return first?.id === row.id
  }

  /** Nothing when somebody was quicker. */
  async function take(record: TaskRecord, owner: string, leaseMs: number): Promise<TaskRecord | undefined> {
    return database.transaction(record.cause, async tx => {
      const rivals = await rivalsOf(tx.read, [record.key])
      const row = await tx.read.selectFrom('task').selectAll().where('id', '=', record.id).executeTakeFirst()
      if (!row || !rivals.some(({ id }) => id === row.id) || row.lease_until_ms > clock.now() || !isNext(row, rivals)) return undefined
      const taken = { ...row, state: row.turned ? 'undoing' : 'running', attempts: row.attempts + 1 }
      const { numUpdatedRows } = await tx.change(changeOf(record, 'begun', { state: taken.state, attempts: taken.attempts }), sql =>
        sql
          .updateTable('task')
          .set({ state: taken.state, attempts: taken.attempts, owner, lease_until_ms: clock.now() + leaseMs, updated_at: nowText() })
          .where('id', '=', row.id)
          .where('attempts', '=', row.attempts)
          .where('lease_until_ms', '=', row.lease_until_ms)
          .executeTakeFirst(),
      )
      if (numUpdatedRows !== 1n) throw new Abandoned('somebody else took the task')
      return recordOf(taken)
    })
  }

  /** Writes for the owner only: once another has the task, nothing its former owner says counts. */
  async function write(
    record: TaskRecord,
    owner: string,
    act: string | undefined,
    set: Updateable<TaskTables['task']>,
    after: object = {},
  ): Promise<void> {
    const changes = act === undefined ? [] : [changeOf(record, act, { ...after, ...(set.state ? { state: set.state } : {}) })]
    await database.transaction(record.cause, async tx => {
      const { numUpdatedRows } = await tx.change(changes, sql =>
        sql
          .updateTable('task')
          .set({ ...set, updated_at: nowText() })
          .where('id', '=', record.id)
          .where('owner', '=', owner)
          .executeTakeFirst(),
      )
      if (numUpdatedRows !== 1n) throw new Abandoned('the task has another owner')
    })
  }

  function journal(record: TaskRecord, owner: string): Journal {
    const finished = [...record.finished]
    const undone = [...record.undone]
    let saved = record.saved
    const ended = { owner: null, lease_until_ms: 0 }
    return {
      async finish(step, result) {
        saved = { ...saved, ...result }
        finished.push(step)
        const set = { finished_json: JSON.stringify(finished), saved_json: JSON.stringify(saved) }
        await write(record, owner, 'advanced', set, { step })
      },
      turn: fault => write(record, owner, 'turned', { state: 'undoing', turned: 1, fault_json: JSON.stringify(fault) }, { fault }),
      async undid(step) {
        undone.push(step)
        await write(record, owner, 'retreated', { undone_json: JSON.stringify(undone) }, { step })
      },
      end: state => write(record, owner, state, { state, ...ended }),
      park: fault => write(record, owner, 'parked', { state: 'parked', fault_json: JSON.stringify(fault), ...ended }, { fault }),
    }
  }

  return {
    insert,
    listFree,
    take,
    journal,
    renew: (record: TaskRecord, owner: string, leaseMs: number) =>
      write(record, owner, undefined, { lease_until_ms: clock.now() + leaseMs }),
    release: (record: TaskRecord, owner: string) => write(record, owner, undefined, { owner: null, lease_until_ms: 0 }),

    async find(id: string): Promise<TaskRecord | undefined> {
      const row = await database.read.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst()
      return row && recordOf(row)
    },

    async openSubjects(): Promise<ReadonlySet<string>> {
      const rows = await database.read
        .selectFrom('task')
        .select('subject')
        .distinct()
        .where('state', 'in', [...unfinishedStates, 'parked'])
        .execute()
      return new Set(rows.map(({ subject }) => subject))
    },

    async list({
      states,
      key,
    }: {
      states?: readonly TaskState[] | undefined
      key?: string | undefined
    } = {}): Promise<readonly TaskRecord[]> {
      let query = database.read.selectFrom('task').selectAll().orderBy('created_ms').orderBy('id').limit(1_000)
      if (states) query = query.where('state', 'in', states)
      if (key !== undefined) query = query.where('subject', '=', key)
      return (await query.execute()).map(recordOf)
    },

    /** Deletes tasks that ended before a moment. Nobody watches them go: what they did is in the change log. */
    async prune(before: string, cause: Cause): Promise<number> {
      let pruned = 0
      for (;;) {
        const old = database.read.selectFrom('task').select('id').where('state', 'in', ['done', 'undone']).where('updated_at', '<', before)
        const ids = (await old.limit(rowsAtOnce).execute()).map(({ id }) => id)
        if (ids.length === 0) return pruned
        await database.transaction(cause, tx => tx.change([], sql => sql.deleteFrom('task').where('id', 'in', ids).execute()))
        pruned += ids.length
      }
    },

    /** A parked task goes on where it stopped. False when it is not parked. */
    async unpark(record: TaskRecord, cause: Cause): Promise<boolean> {
      return database.transaction(cause, async tx => {
        const row = await tx.read.selectFrom('task').select(['state', 'turned']).where('id', '=', record.id).executeTakeFirst()
        if (row?.state !== 'parked') return false
        const state = row.turned ? 'undoing' : 'running'
        await tx.change(changeOf(record, 'retried', { state }), sql =>
          sql.updateTable('task').set({ state, updated_at: nowText() }).where('id', '=', record.id).where('state', '=', 'parked').execute(),
        )
        return true
      })
    },
  }
}

const newestOf = kept((read: Reader<TaskTables>, given: Given<{ key: string }>) =>
  read
    .selectFrom('task')
    .select('created_ms')
    .where('subject', '=', given('key'))
    .where('state', 'in', unfinishedStates)
    .orderBy('created_ms', 'desc')
    .limit(1),
)

const waitingTasks = (names: readonly string[]) =>
  kept((read: Reader<TaskTables>, given: Given<{ now: number; limit: number }>) =>
    read
      .selectFrom('task')
      .select(places)
      .where('state', 'in', unfinishedStates)
      .where('lease_until_ms', '<=', given('now'))
      .where('name', 'in', names)
      .orderBy('created_ms')
      .orderBy('id')
      .limit(given('limit')),
  )

export type TaskStore = ReturnType<typeof taskStore>

function recordOf(row: Row): TaskRecord {
  return {
    id: row.id,
    name: row.name,
    key: row.subject,
    state: row.state as TaskState,
    input: JSON.parse(row.input_json),
    saved: JSON.parse(row.saved_json),
    finished: JSON.parse(row.finished_json),
    undone: JSON.parse(row.undone_json),
    attempts: row.attempts,
    fault: row.fault_json === null ? undefined : JSON.parse(row.fault_json),
    cause: JSON.parse(row.cause_json),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    deadlineAt: row.deadline_ms,
  }
}
