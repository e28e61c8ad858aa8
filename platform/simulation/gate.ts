import type { Clock } from '../clock.ts'

/**
 * The wall around a simulated process. Everything the process does to the world goes through it, and each passage, in or out, may be the
 * last: then nothing passes any more, in either direction, as with a process that was killed. What it awaits never comes.
 */
export interface Gate {
  readonly isDead: boolean
  /** Counts a passage. True when the process is dead, or dies at this one. */
  cross(): boolean
  pass<R>(work: () => Promise<R>): Promise<R>
  kill(): void
}

export function gate(passagesToLive: number, died: () => void): Gate {
  let left = passagesToLive
  let dead = false

  function kill(): void {
    if (dead) return
    dead = true
    died()
  }

  function cross(): boolean {
    if (!dead && --left < 0) kill()
    return dead
  }

  return {
    get isDead() {
      return dead
    },
    cross,
    kill,
    pass: work =>
      new Promise((resolve, reject) => {
        if (cross()) return
        work().then(
          result => cross() || resolve(result),
          (error: unknown) => cross() || reject(error),
        )
      }),
  }
}

/** Time as the process feels it: its timers die with it. */
export function gatedClock(clock: Clock, { pass, cross }: Gate): Clock {
  return {
    now: clock.now,
    monotonic: clock.monotonic,
    sleep: (ms, signal) => pass(() => clock.sleep(ms, signal)),
    after: (ms, run) => clock.after(ms, () => cross() || run()),
  }
}
