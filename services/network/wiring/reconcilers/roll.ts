import type { Clock } from '@kilonova/platform/clock.ts'

/**
 * Which hosts live: those heard of lately. Who was heard of longest ago is always first, so that asking costs the same however many there are.
 */
export interface Roll {
  heard(host: string): void
  living(): { has(host: string): boolean }
  /** Whether a host came, came back or fell silent since this was last asked. */
  hasOthers(): boolean
}

export function roll(clock: Pick<Clock, 'monotonic'>, silentMs: number): Roll {
  const heardAt = new Map<string, number>()
  let isOther = false

  function forgetSilent(): void {
    const now = clock.monotonic()
    for (const [host, at] of heardAt) {
      if (now - at < silentMs) return
      heardAt.delete(host)
      isOther = true
    }
  }

  return {
    heard(host) {
      forgetSilent()
      if (!heardAt.delete(host)) isOther = true
      heardAt.set(host, clock.monotonic())
    },
    living() {
      forgetSilent()
      return heardAt
    },
    hasOthers() {
      forgetSilent()
      const wasOther = isOther
      isOther = false
      return wasOther
    },
  }
}
