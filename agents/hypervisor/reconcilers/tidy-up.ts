import type { Rooms } from '../guests/rooms.ts'
import type { oneAtATime } from '../guests/one-at-a-time.ts'

/**
 * Takes away what was begun and not brought to its end: an agent that is killed while it starts a guest leaves a directory and no domain. It looks
 * when the agent opens, soon again while something is in the way, and then at long intervals. No guest that a command is busy with is touched.
 */
export interface Tidying {
  /** Waits for a round that is under way. */
  stop(): Promise<void>
}

export interface TidyingOptions extends Rooms {
  readonly inTurn: ReturnType<typeof oneAtATime>
  readonly everyMs: number
}

const soonMs = 60_000

export function tidyUp({ driver, clock, log, inTurn, everyMs }: TidyingOptions): Tidying {
  const ended = new AbortController()

  const settle = async (uuid: string): Promise<void> => {
    if (!(await driver.listHalves()).includes(uuid)) return
    if (await driver.findGuest(uuid)) return driver.settleDisks(uuid)
    await driver.removeDisks(uuid)
    log.warn('took away what a start that was broken off had left', { instance_id: uuid })
  }

  const round = async (): Promise<number> => {
    try {
      for (const uuid of await driver.listHalves()) await inTurn(uuid, () => settle(uuid))
      await driver.removeLeftovers()
      return everyMs
    } catch (error) {
      log.warn('what was left half made could not be taken away', { error })
      return Math.min(soonMs, everyMs)
    }
  }

  const rounds = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const waitMs = await round()
      await clock.sleep(waitMs, ended.signal).catch(() => {})
    }
  }
  const running = rounds()

  return {
    stop: async () => {
      ended.abort()
      await running
    },
  }
}
