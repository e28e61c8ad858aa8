import { Refusal } from '@kilonova/platform/refusal.ts'

/** Runs what it is given `atOnce` at a time, in the order it came; refuses when `waiting` are in line already. */
export function queue(atOnce: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const line: (() => void)[] = []
  return async work => {
    if (running >= atOnce) {
      if (line.length >= waiting) throw new Refusal('unavailable', 'Too many passwords are being checked; try again.', { retryAfterS: 1 })
      await new Promise<void>(resolve => line.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      // The place passes to the next in line, so that nobody slips in between.
      const next = line.shift()
      if (next) next()
      else running--
    }
  }
}
