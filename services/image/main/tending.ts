import type { Chance } from '@kilonova/platform/chance.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'

export interface Tending {
  /** Looks now, or again when it is looking already. */
  soon(): void
  stop(): Promise<void>
}

interface Rooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

interface Chore {
  readonly why: string
  readonly everyMs: number
  /** How long after it was wanted it is begun; at once unless told. */
  readonly afterMs?: number
  work(cause: Cause): Promise<unknown>
}

/** Work that is never finished: done now and then, and soon when somebody knows that there is some; never twice at once. */
export function tend({ clock, chance, log }: Rooms, { why, everyMs, afterMs = 0, work }: Chore): Tending {
  let timer: { stop(): void } | undefined
  let isWanted = false
  let isStopped = false
  let working: Promise<void> | undefined

  const stopping = new AbortController()

  async function workOff() {
    if (afterMs > 0) await clock.sleep(afterMs, stopping.signal).catch(() => {})
    while (isWanted && !isStopped) {
      isWanted = false
      await work({ requestId: `req-${chance.uuid()}`, why }).catch((error: unknown) => log.warn(`${why}: that failed`, { error }))
    }
  }
  function soon() {
    isWanted = true
    if (isStopped) return
    working ??= workOff().finally(() => {
      working = undefined
    })
  }
  function later() {
    timer = clock.after(everyMs, () => {
      soon()
      later()
    })
  }
  later()

  return {
    soon,
    async stop() {
      isStopped = true
      stopping.abort()
      timer?.stop()
      await working
    },
  }
}
