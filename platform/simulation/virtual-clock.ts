import type { Clock } from '../clock.ts'

/**
 * Time that stands still until told otherwise. With `run` it jumps from timer to timer, always letting everything that is ready happen
 * first, so that an hour passes in milliseconds and the same program takes the same course each time.
 *
 * It cannot see work outside the process: files, sockets and child processes are not waited for.
 */
export interface VirtualClock extends Clock {
  /** Lets `ms` pass, timer by timer. */
  advance(ms: number): Promise<void>
  /** Runs `work` to its end, time jumping as it goes. Rejects when nothing is left that could bring it to its end. */
  run<R>(work: () => Promise<R>): Promise<R>
  /** Lets everything happen that is ready now, without any time passing. */
  settle(): Promise<void>
  readonly pending: number
}

interface Pending {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export function virtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0
  let order = 0
  const timers = new Set<Pending>()

  function after(ms: number, run: () => void) {
    const timer = { at: elapsed + Math.max(0, ms), order: order++, run }
    timers.add(timer)
    return { stop: () => void timers.delete(timer) }
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        timer.stop()
        reject(signal?.reason)
      }
      const timer = after(ms, () => {
        signal?.removeEventListener('abort', stop)
        resolve()
      })
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /** The next timer; the older of two at one moment. */
  function next(): Pending | undefined {
    let first: Pending | undefined
    for (const timer of timers) if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer
    return first
  }

  function fire(timer: Pending): void {
    timers.delete(timer)
    elapsed = Math.max(elapsed, timer.at)
    timer.run()
  }

  async function advance(ms: number): Promise<void> {
    const until = elapsed + ms
    await settle()
    for (let timer = next(); timer && timer.at <= until; timer = next()) {
      fire(timer)
      await settle()
    }
    elapsed = until
  }

  async function run<R>(work: () => Promise<R>): Promise<R> {
    let over = false
    const result = work().finally(() => {
      over = true
    })
    result.catch(() => {})
    await settle()
    while (!over) {
      const timer = next()
      if (!timer) throw new Error('nothing is left that could go on: the work waits for something that never comes')
      fire(timer)
      await settle()
    }
    return result
  }

  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep,
    after,
    advance,
    run,
    settle,
    get pending() {
      return timers.size
    },
  }
}

/** All that is ready, and what that makes ready: a turn of the event loop comes after every promise that can be settled. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
