import type { Clock } from '../clock.ts'

/**
 * Remembers results by key for a while, so that the same work asked for again is not done again: a repetition gets the result of the
 * first, also while that one still runs. A failure is forgotten at once. Bounded in time and in number.
 */
export function remembering<Result>({ clock, ms, size }: { clock: Clock; ms: number; size: number }) {
  const known = new Map<string, { result: Promise<Result>; until: number }>()

  function forgetOld(): void {
    for (const [key, { until }] of known) {
      if (known.size <= size && until > clock.monotonic()) return
      known.delete(key)
    }
  }

  return {
    once(key: string, work: () => Promise<Result>): Promise<Result> {
      forgetOld()
      const before = known.get(key)
      if (before) return before.result
      const result = work()
      known.set(key, { result, until: clock.monotonic() + ms })
      result.catch(() => known.delete(key))
      return result
    },
  }
}
