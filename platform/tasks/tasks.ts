import type { Bus, Serving } from '../bus/bus.ts'
import { announce } from '../bus/message.ts'
import type { Cause } from '../cause.ts'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import type { Database, Tx } from '../sql/database.ts'
import type { WorkerLog } from './carry-out.ts'
import type { TaskTables } from './migration.ts'
import { type TaskRecord, type TaskState, unfinishedStates } from './record.ts'
import { taskStore } from './store.ts'
import type { Labour } from './task.ts'
import { startWorker, type Worker, type WorkerLimits } from './worker.ts'

/** “There is something to do”, to the workers of one service in other processes. A lost one costs a few seconds. */
export const taskRecorded = announce<{ service: string }>('platform.taskRecorded', 1)

export interface Tasks<Tables extends TaskTables> {
  /** Records the task in the transaction that records the wish; workers hear of it after the commit. Returns its id. */
  record<Input extends object>(
    tx: Tx<Tables>,
    task: { readonly name: string; readonly input: Input },
    wish: TaskWish<Input>,
  ): Promise<string>
  work(labours: readonly Labour[], limits?: WorkerLimits): Worker
  list(filter?: { readonly states?: readonly TaskState[]; readonly key?: string }): Promise<readonly TaskRecord[]>
  /** The subjects of all that has not ended, parked or not. */
  openSubjects(): Promise<ReadonlySet<string>>
  find(id: string): Promise<TaskRecord | undefined>
  /** The task as it ended or was parked. Rejects when the signal is aborted first. */
  ended(id: string, signal: AbortSignal): Promise<TaskRecord>
  /** A parked task goes on where it stopped. Refuses `not-found`, and `conflict` when it is not parked. */
  retry(id: string, cause: Cause): Promise<void>
  /** Forgets tasks that ended longer ago than `keepMs`; says how many. Parked ones stay. For a reconciler. */
  prune(limits: { readonly keepMs: number }): Promise<number>
  close(): Promise<void>
}

export interface TaskWish<Input> {
  /** The subject; tasks on one subject run one after the other. */
  readonly key: string
  readonly input: NoInfer<Input>
  /** From now until the task is undone if it is not done. */
  readonly deadlineMs: number
  readonly cause: Cause
}

export interface TaskRooms<Tables> {
  /** `compute`: the first word of the changes' kind, `compute.task`. */
  readonly service: string
  /** Its migrations include `taskMigration`. */
  readonly database: Database<Tables>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: WorkerLog
  readonly host: string
  /** Without a bus, other processes find a recorded task at their next look. */
  readonly bus?: Bus | undefined
}

export async function openTasks<Tables extends TaskTables>(rooms: TaskRooms<Tables>): Promise<Tasks<Tables>> {
  const { service, clock, chance, log, host, bus } = rooms
  // NOTE: a store that knows more tables is a store that knows these; Kysely's types cannot say so.
  const store = taskStore(service, rooms.database as unknown as Database<TaskTables>, clock)
  const workers = new Set<Worker>()

  function nudgeMine(): void {
    for (const worker of workers) worker.nudge()
  }

  function nudgeAll(cause: Cause): void {
    nudgeMine()
    void bus?.announce(taskRecorded, { service }, { cause })
  }

  const listening: Serving | undefined = await bus?.listen(taskRecorded, async told => {
    if (told.service === service) nudgeMine()
  })

  return {
    async record(tx, { name }, { key, input, deadlineMs, cause }) {
      const id = chance.uuid()
      await store.insert(tx as unknown as Tx<TaskTables>, { id, name, key, input, cause, deadlineMs })
      tx.afterCommit(() => nudgeAll(cause))
      return id
    },

    work(labours, limits) {
      const worker = startWorker(labours, { store, clock, chance, log, host }, limits)
      workers.add(worker)
      return {
        nudge: worker.nudge,
        async stop() {
          workers.delete(worker)
          await worker.stop()
        },
      }
    },

    list: store.list,
    openSubjects: store.openSubjects,
    find: store.find,

    async ended(id, signal) {
      const { changes } = rooms.database
      const since = await changes.head()
      const found = async () => {
        const record = await store.find(id)
        return record && !unfinishedStates.includes(record.state) ? record : undefined
      }
      const before = await found()
      if (before) return before
      for await (const _ of changes.follow(since, { kinds: [`${service}.task`], id, signal })) {
        const record = await found()
        if (record) return record
      }
      throw signal.reason ?? new Refusal('unavailable', 'This process ends before the task does.')
    },

    async retry(id, cause) {
      const record = await store.find(id)
      if (!record) throw new Refusal('not-found', `No task ${id} could be found.`)
      if (!(await store.unpark(record, cause))) throw new Refusal('conflict', `Task ${id} is ${record.state}, not parked.`)
      nudgeAll(cause)
    },

    prune: ({ keepMs }) =>
      store.prune(new Date(clock.now() - keepMs).toISOString(), { requestId: `req-${chance.uuid()}`, why: 'prune ended tasks' }),

    async close() {
      await listening?.stop()
      await Promise.all([...workers].map(worker => worker.stop()))
    },
  }
}
