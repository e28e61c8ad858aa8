import type { Rooms } from './rooms.ts'

/** Waits for something to happen to a guest. */
export interface Changes {
  /** Until something happened to it since the last time, or may have; or so long. */
  next(withinMs: number): Promise<void>
  stop(): void
}

export function changesOf(uuid: string, { driver, clock }: Pick<Rooms, 'driver' | 'clock'>): Changes {
  let nudge = Promise.withResolvers<void>()
  const following = driver.follow(changed => {
    if (changed === undefined || changed.uuid === uuid) nudge.resolve()
  })
  return {
    next: async withinMs => {
      const waited = new AbortController()
      const sleep = clock.sleep(withinMs, waited.signal).catch(() => {})
      await Promise.race([sleep, nudge.promise])
      waited.abort()
      nudge = Promise.withResolvers<void>()
    },
    stop: following.stop,
  }
}
