import type { Clock } from '../clock.ts'

/**
 * The wall around a simulated process. Everything the process does to the world goes through it, and each passage, in or out, may be the
 * last: then nothing passes any more, in either direction, as with a process that was killed. What it awaits never comes.
 */
export interface Gate {
  readonly isDead: boolean
  /** Counts a passage. True when the process is dead, or dies at this one. */
  cross(): boolean
  /** Into the process, now or when it goes on again after standing still. */
  enter(go: () => void): void
  pass<R>(work: () => Promise<R>): Promise<R>
  /** The work's result; throws when the process dies over it: what others keep for it until it ends is let go. */
  untilDeath<R>(work: Promise<R>): Promise<R>
  kill(): void
}

export interface Fate {
  readonly clock: Clock
  readonly passagesToLive: number
  /** For how long the process stands still at this passage; mostly 0. */
  frozenMs(): number
  died(): void
}

export function gate({ clock, passagesToLive, frozenMs, died }: Fate): Gate {
  let left = passagesToLive
  let thawsAt = 0
  let dead = false
  const mourners = new Set<() => void>()

  function kill(): void {
    if (dead) return
    dead = true
    for (const mourn of mourners) mourn()
    died()
  }

  function cross(): boolean {
    if (!dead && --left < 0) kill()
    return dead
  }

  /** Runs `go` now, or when the process goes on again; never when it is dead. */
  function enter(go: () => void): void {
    const ms = frozenMs()
    if (ms > 0) thawsAt = Math.max(thawsAt, clock.monotonic() + ms)
    if (thawsAt > clock.monotonic()) clock.after(thawsAt - clock.monotonic(), () => enter(go))
    else if (!cross()) go()
  }

  return {
    get isDead() {
      return dead
    },
    cross,
    enter,
    kill,
    untilDeath: work =>
      new Promise((resolve, reject) => {
        const mourn = () => reject(new Error('killed meanwhile'))
        if (dead) mourn()
        else mourners.add(mourn)
        work.then(resolve, reject).finally(() => mourners.delete(mourn))
      }),
    pass: work =>
      new Promise((resolve, reject) => {
        if (cross()) return
        work().then(
          result => enter(() => resolve(result)),
          (error: unknown) => enter(() => reject(error)),
        )
      }),
  }
}

/** Time as the process feels it: its timers die with it. */
export function gatedClock(clock: Clock, { pass, enter }: Gate): Clock {
  return {
    now: clock.now,
    monotonic: clock.monotonic,
    sleep: (ms, signal) => pass(() => clock.sleep(ms, signal)),
    after: (ms, run) => clock.after(ms, () => enter(run)),
  }
}

/** A thing outside as the process reaches it: every call passes the gate, and what the thing calls back enters by it. */
export function gatedOutside<Thing extends object>(thing: Thing, { cross, enter }: Gate): Thing {
  const never = () => new Promise<never>(() => {})
  const heard = (argument: unknown) =>
    typeof argument === 'function' ? (...told: unknown[]) => enter(() => void Reflect.apply(argument, undefined, told)) : argument
  const call = (run: (...all: never[]) => unknown, all: readonly unknown[]): unknown => {
    if (cross()) return never()
    const result: unknown = Reflect.apply(run, thing, all.map(heard))
    if (!(result instanceof Promise)) return result
    return new Promise((resolve, reject) => {
      result.then(
        value => enter(() => resolve(value)),
        (error: unknown) => enter(() => reject(error)),
      )
    })
  }
  return new Proxy(thing, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name)
      return typeof member === 'function' ? (...all: unknown[]) => call(member as (...all: never[]) => unknown, all) : member
    },
  })
}
