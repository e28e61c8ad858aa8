import type { Chance } from '../chance.ts'
import { type Clock, within } from '../clock.ts'
import { Abandoned, carryOut, type WorkerLog } from './carry-out.ts'
import type { TaskRecord } from './record.ts'
import type { TaskStore } from './store.ts'
import type { Labour } from './task.ts'

export interface WorkerRooms {
  readonly store: TaskStore
  readonly clock: Clock
  readonly chance: Chance
  readonly log: WorkerLog
  /** Where this worker runs, for faults and for the owner's name. */
  readonly host: string
}

export interface WorkerLimits {
  /** Tasks at once; default 16. */
  readonly concurrency?: number | undefined
  /** After how long without a sign of life another worker goes on; default 30 s. */
  readonly leaseMs?: number | undefined
  /** How often to look for what no nudge told of; default 5 s. */
  readonly lookMs?: number | undefined
}

export interface Worker {
  /** There may be something to do. */
  nudge(): void
  /** Lets acts that run finish (30 s at most) and leaves the rest of their tasks to others. */
  stop(): Promise<void>
}

const longestFarewellMs = 30_000

/** Takes up tasks that are free, of the kinds it knows, and carries each on until it ends, is parked, or this worker stops. */
export function startWorker(labours: readonly Labour[], rooms: WorkerRooms, limits: WorkerLimits = {}): Worker {
  const { store, clock, log } = rooms
  const { concurrency = 16, leaseMs = 30_000, lookMs = 5_000 } = limits
  const byName = new Map(labours.map(labour => [labour.name, labour]))
  const owner = `${rooms.host} ${rooms.chance.hex().slice(0, 12)}`
  const stopping = new AbortController()
  const running = new Map<string, Promise<void>>()
  let nudged = Promise.withResolvers<void>()

  async function work(record: TaskRecord, known: Labour): Promise<void> {
    const held = new AbortController()
    const lose = (error: unknown) => held.abort(error instanceof Abandoned ? error : new Abandoned('the lease ran out', { cause: error }))
    const beat = heartbeat(record, lose)
    const betweenActs = () => {
      if (stopping.signal.aborted) throw new Abandoned('this worker is stopping')
    }
    try {
      const journal = store.journal(record, owner)
      const finish = (step: string, result: object) => journal.finish(step, result).then(betweenActs)
      await carryOut(record, known, { ...journal, finish }, { ...rooms, abandoned: held.signal })
    } catch (error) {
      if (!(error instanceof Abandoned)) log.error(`${record.name}: the journal could not be written`, { task_id: record.id, error })
      if (!held.signal.aborted) await store.release(record, owner).catch(() => {})
    } finally {
      beat.stop()
    }
  }

  /** Renews the lease; calls `lose` when it is another's, or when it ran out before it could be renewed. */
  function heartbeat(record: TaskRecord, lose: (error: unknown) => void): { stop(): void } {
    let until = clock.monotonic() + leaseMs
    const again = () => clock.after(leaseMs / 3, () => void renew())
    const renew = async () => {
      const asked = clock.monotonic()
      try {
        await store.renew(record, owner, leaseMs)
        until = asked + leaseMs
      } catch (error) {
        if (error instanceof Abandoned || clock.monotonic() > until - leaseMs / 3) return lose(error)
      }
      if (on) timer = again()
    }
    let on = true
    let timer = again()
    return {
      stop() {
        on = false
        timer.stop()
      },
    }
  }

  /** What waits for a task that runs, or for room, is looked at when one ends. */
  async function takeWhatIsFree(): Promise<void> {
    const room = concurrency - running.size
    if (room <= 0) return
    for (const found of await store.listFree([...byName.keys()], 2 * concurrency, room)) {
      const known = byName.get(found.name)
      if (!known || stopping.signal.aborted) return
      const record = running.has(found.id) ? undefined : await store.take(found, owner, leaseMs).catch(leave)
      if (!record) continue
      const job = work(record, known).finally(() => {
        running.delete(record.id)
        nudged.resolve()
      })
      running.set(record.id, job)
    }
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      nudged = Promise.withResolvers()
      await takeWhatIsFree().catch((error: unknown) => log.warn('tasks cannot be looked for now', { error }))
      await pause()
    }
  }

  async function pause(): Promise<void> {
    const waking = clock.after(lookMs, () => nudged.resolve())
    await nudged.promise
    waking.stop()
  }

  void loop()
  return {
    nudge: () => nudged.resolve(),
    async stop() {
      stopping.abort()
      nudged.resolve()
      const late = () => new Error('acts still running')
      await within(clock, longestFarewellMs, Promise.allSettled(running.values()), late).catch((error: unknown) =>
        log.warn('the worker stops with acts still running; their tasks are taken up when the lease runs out', { error }),
      )
    },
  }
}

/** Somebody was quicker, or the database is away: the next look will tell. */
const leave = () => undefined
