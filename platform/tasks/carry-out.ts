import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import type { TaskRecord } from './record.ts'
import type { Fault, Labour, Turn } from './task.ts'

/** Where progress is written down, each line before the next act. Rejects with `Abandoned` when the task is no longer ours. */
export interface Journal {
  finish(step: string, result: object): Promise<void>
  turn(fault: Fault): Promise<void>
  undid(step: string): Promise<void>
  end(state: 'done' | 'undone'): Promise<void>
  park(fault: Fault): Promise<void>
}

/** Where a task's progress and troubles are told. */
export interface WorkerLog {
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}

/** The work stops here and somebody else goes on: the process ends, or lost its lease. */
export class Abandoned extends Error {}

export interface Carrying {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: WorkerLog
  /** Where this worker runs. */
  readonly host: string
  /** Aborted when the process stops or lost the task. Its reason is thrown. */
  readonly abandoned: AbortSignal
}

const triesPerStep = 5
/** Two minutes and a half, mostly spent in the longest pauses. */
const triesOnward = 24
const firstPauseMs = 200
const longestPauseMs = 10_000
/** Long enough for several tries of what takes ten minutes at most, such as an act on a host whose answer is lost. */
const undoPatienceMs = 35 * 60_000
/** A task that was taken up so often without an end probably ends the process that works on it. */
const mostAttempts = 20

const afterDone = 'finish'
const afterUndone = 'report the failure'

/** Carries a task on from wherever its record says it is, to its end or until it is parked. */
export async function carryOut(record: TaskRecord, { steps, ...hooks }: Labour, journal: Journal, carrying: Carrying): Promise<void> {
  const { clock, log, host, abandoned } = carrying
  let saved: object = { ...record.input, ...record.saved }
  const finished = new Set(record.finished)
  const undone = new Set(record.undone)
  const fields = { task: record.name, task_id: record.id, key: record.key, request_id: record.cause.requestId }

  const faultOf = (step: string, error: unknown): Fault => {
    if (error instanceof Refusal) log.warn(`${record.name}: “${step}” is refused: ${error.message}`, { ...fields, hop: 'task.step' })
    else log.error(`${record.name}: “${step}” failed`, { ...fields, error })
    const { code, extra = {} } = error instanceof Refusal ? error : {}
    const details = typeof extra['details'] === 'string' ? { details: extra['details'] } : {}
    const named = code === undefined ? {} : { code }
    return { step, host: hostIn(error) ?? hostIn({ extra: saved }) ?? host, message: messageOf(error), ...named, ...details }
  }

  /** One act, with its signal, its end of patience, and another try while `again` says that trying is of use. */
  async function act<R>(name: string, patienceMs: number, again: Again, run: (turn: Turn) => Promise<R>): Promise<R> {
    const began = clock.monotonic()
    const hop = { ...fields, hop: 'task.step' }
    log.info(`${record.name}: “${name}” begins`, hop)
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, abandoned])
    const timer = clock.after(Math.max(0, patienceMs), () => over.abort(new Refusal('unavailable', 'It took too long.')))
    const turn = { taskId: record.id, key: record.key, cause: record.cause, signal }
    let reason: unknown
    try {
      for (let tries = 1; ; tries++) {
        abandoned.throwIfAborted()
        try {
          const result = await unless(signal, run(turn))
          log.info(`${record.name}: “${name}” is done`, { ...hop, ms: Math.round(clock.monotonic() - began) })
          return result
        } catch (error) {
          if (signal.aborted || !again(error, tries)) throw error
          reason = error
          log.warn(`${record.name}: “${name}” failed and is tried again`, { ...fields, tries, error })
          await clock.sleep(pauseMs(tries, carrying.chance), signal)
        }
      }
    } catch (error) {
      abandoned.throwIfAborted()
      // Of an act that was tried until there was no time left, the last failure tells more than that there was none.
      throw over.signal.aborted ? (reason ?? error) : error
    } finally {
      timer.stop()
    }
  }

  async function goForward(): Promise<Fault | undefined> {
    for (const step of steps) {
      if (finished.has(step.name)) continue
      const left = record.deadlineAt - clock.now()
      if (left <= 0) return faultOf(step.name, new Refusal('unavailable', 'Its deadline passed.'))
      if (record.attempts > mostAttempts) return faultOf(step.name, new Refusal('unavailable', `It was begun ${record.attempts} times.`))
      const outcome = await act(step.name, left, step.isOnward ? longWhileUnavailable : whileUnavailable, turn =>
        step.run(saved, turn),
      ).then(
        returned => ({ result: typeof returned === 'object' && returned ? returned : {} }),
        (error: unknown) => ({ error }),
      )
      if ('error' in outcome) {
        if (outcome.error instanceof Abandoned) throw outcome.error
        return faultOf(step.name, outcome.error)
      }
      // NOTE: a journal that cannot be written is no failure of the step; the task is taken up again and the step repeated.
      await journal.finish(step.name, outcome.result)
      saved = { ...saved, ...outcome.result }
      finished.add(step.name)
    }
    return undefined
  }

  /** From the step that may have been begun to the first. */
  async function goBack(fault: Fault): Promise<void> {
    const begun = steps.slice(0, finished.size + 1).toReversed()
    for (const { name, undo } of begun) {
      if (undone.has(name)) continue
      if (undo)
        await act(`undo: ${name}`, undoPatienceMs, always, turn => undo(saved, turn)).catch(error => leave(`undo: ${name}`, error, fault))
      await journal.undid(name)
    }
    await report(fault).catch(error => giveUp(afterUndone, error))
    await journal.end('undone')
  }

  const report = async (fault: Fault): Promise<void> => {
    const { onUndone } = hooks
    if (onUndone) await act(afterUndone, undoPatienceMs, always, turn => onUndone(saved, { ...turn, fault }))
  }

  /** What cannot be undone now is parked; the user is told what went wrong all the same, and is told again when the rest is undone. */
  async function leave(step: string, error: unknown, fault: Fault): Promise<never> {
    if (!(error instanceof Abandoned)) await report(fault).catch(failure => giveUp(step, failure))
    return giveUp(step, error)
  }

  async function giveUp(step: string, error: unknown): Promise<never> {
    if (error instanceof Abandoned) throw error
    log.error(`${record.name} is parked: “${step}” goes on failing`, { ...fields, error })
    await journal.park(faultOf(step, error))
    throw new Parked()
  }

  try {
    let fault = record.state === 'undoing' ? record.fault : await goForward()
    if (record.state === 'undoing') fault ??= { step: '', host, message: 'unknown' }
    if (fault) {
      if (record.state !== 'undoing') await journal.turn(fault)
      return await goBack(fault)
    }
    const { onDone } = hooks
    if (onDone) await act(afterDone, undoPatienceMs, always, turn => onDone(saved, turn)).catch(error => giveUp(afterDone, error))
    await journal.end('done')
  } catch (error) {
    if (!(error instanceof Parked)) throw error
  }
}

class Parked extends Error {}

/** Whether to try once more after so many tries. */
type Again = (error: unknown, tries: number) => boolean

/** A step has somewhere to go when it fails: back. So it gives up soon. */
const whileUnavailable: Again = (error, tries) => tries < triesPerStep && error instanceof Refusal && error.kind === 'unavailable'

/** Where there is no way back, a machine that starts again is waited for; not longer, as work for others waits behind it. */
const longWhileUnavailable: Again = (error, tries) => tries < triesOnward && error instanceof Refusal && error.kind === 'unavailable'

/** What must be done is tried as long as there is patience. */
const always: Again = () => true

/** The work's result, unless the signal is aborted first; then its reason, whether the work listens to it or not. */
function unless<R>(signal: AbortSignal, work: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function pauseMs(tries: number, chance: Chance): number {
  return Math.min(longestPauseMs, firstPauseMs * 2 ** (tries - 1)) * (0.5 + chance.fraction() / 2)
}

function hostIn(error: unknown): string | undefined {
  if (typeof error !== 'object' || !error || !('extra' in error)) return undefined
  const { extra } = error
  return typeof extra === 'object' && extra && 'host' in extra && typeof extra.host === 'string' ? extra.host : undefined
}

/** A refusal's words are for the user; any other error's are for the log. */
function messageOf(error: unknown): string {
  return error instanceof Refusal ? error.message : 'An internal error; the log has the reason.'
}
