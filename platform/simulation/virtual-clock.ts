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
  isStopped: boolean
}

export function virtualClock(start = Date.UTC(2026, 0, 1)): VirtualClock {
  let elapsed = 0
  let order = 0
  let stopped = 0
  const timers = queueOfTimers()

  function after(ms: number, run: () => void) {
    const timer: Pending = { at: elapsed + Math.max(0, ms), order: order++, run, isStopped: false }
    timers.add(timer)
    return { stop: () => stop(timer) }
  }

  /** Most timers are deadlines that are met: they stay where they are until their turn comes, unless they are most of all. */
  function stop(timer: Pending): void {
    if (timer.isStopped) return
    timer.isStopped = true
    stopped++
    if (stopped > 64 && stopped > timers.size / 2) stopped -= timers.sweep()
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
    for (let first = timers.first(); first; first = timers.first()) {
      if (!first.isStopped) return first
      timers.removeFirst()
      stopped--
    }
    return undefined
  }

  function fire(timer: Pending): void {
    timers.removeFirst()
    // Whoever stops it from now on stops what has happened.
    timer.isStopped = true
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
      return timers.size - stopped
    },
  }
}

const isBefore = (a: Pending, b: Pending): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** Timers by their time: a heap, as thousands of processes have tens of thousands of them. */
function queueOfTimers() {
  let heap: Pending[] = []

  /** Lets the one at this place rise or sink to where it belongs. */
  function settleAt(start: number): void {
    let at = start
    const moved = heap[at]
    if (!moved) return
    for (;;) {
      const above = (at - 1) >> 1
      const parent = at > 0 ? heap[above] : undefined
      if (!parent || !isBefore(moved, parent)) break
      heap[at] = parent
      at = above
    }
    for (;;) {
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]]
      const child = left && right && isBefore(right, left) ? right : left
      if (!child || !isBefore(child, moved)) break
      heap[at] = child
      at = 2 * at + (child === left ? 1 : 2)
    }
    heap[at] = moved
  }

  return {
    get size() {
      return heap.length
    },
    first: () => heap[0],
    add(timer: Pending) {
      heap.push(timer)
      settleAt(heap.length - 1)
    },
    removeFirst() {
      const last = heap.pop()
      if (!last || heap.length === 0) return
      heap[0] = last
      settleAt(0)
    },
    /** Forgets those that were stopped; says how many. What is sorted is a heap. */
    sweep(): number {
      const before = heap.length
      heap = heap.filter(timer => !timer.isStopped).toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
      return before - heap.length
    },
  }
}

/** All that is ready, and what that makes ready: a turn of the event loop comes after every promise that can be settled. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
