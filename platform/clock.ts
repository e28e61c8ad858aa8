/**
 * Time, handed in. Nothing above the platform asks the machine what time it is or waits on the machine's own timers: it is given a
 * `Clock`, so that a whole cloud can run on a virtual one and every failure can be replayed.
 */
export interface Clock {
  /** Milliseconds since 1970 UTC; may jump when the machine's clock is set. For what people read. */
  now(): number
  /** Milliseconds since some fixed moment; never jumps. For deadlines, leases and durations. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `run` once after `ms`, unless stopped. Never keeps the process alive by itself. */
  after(ms: number, run: () => void): Timer
}

export interface Timer {
  stop(): void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', stop, { once: true })
    }),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    timer.unref()
    return { stop: () => clearTimeout(timer) }
  },
}

/** `work`, or a rejection with `late()` when it takes longer than `ms` of the clock's time. The work itself goes on. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: Timer | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = clock.after(ms, () => reject(late()))
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    timer?.stop()
  }
}
