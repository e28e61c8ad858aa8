import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { guestsReported } from '../contract/messages.ts'
import type { Rooms } from '../guests/rooms.ts'

/**
 * Says what the guests of this host are doing: all of them at every beat, so that a lost report costs one beat, and at once after each
 * change. It takes no input; it looks at the machine. A failure is logged and the next beat sees to it.
 */
export interface Reporting {
  /** Reports without waiting for the next beat. */
  soon(): void
  /** Waits for a report that is under way. */
  stop(): Promise<void>
}

export interface ReportingOptions extends Rooms {
  readonly host: string
  readonly bus: Bus
  readonly newCause: (why: string) => Cause
  readonly everyMs: number
}

/** Changes come in bursts (defined, started, resumed); they are told together. */
const gatherMs = 50

export function reportGuests({ host, bus, driver, clock, log, newCause, everyMs }: ReportingOptions): Reporting {
  const ended = new AbortController()
  let nudge = Promise.withResolvers<void>()
  const following = driver.follow(() => nudge.resolve())

  const report = async (): Promise<void> => {
    const guests = await driver.listGuests()
    const known = new Set(guests.map(({ uuid }) => uuid))
    const remains = (await driver.listOwners()).filter(uuid => !known.has(uuid))
    await bus.announce(guestsReported, { host, complete: true, guests, remains }, { cause: newCause('report the guests of a host') })
  }

  const beat = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await report().catch(error => log.warn('the guests could not be reported', { error }))
      const waited = new AbortController()
      const stop = () => waited.abort()
      ended.signal.addEventListener('abort', stop, { once: true })
      const sleep = clock.sleep(everyMs, waited.signal).catch(() => {})
      await Promise.race([sleep, nudge.promise])
      waited.abort()
      ended.signal.removeEventListener('abort', stop)
      if (ended.signal.aborted) return
      await clock.sleep(gatherMs, ended.signal).catch(() => {})
      nudge = Promise.withResolvers<void>()
    }
  }
  const running = beat()

  return {
    soon: () => nudge.resolve(),
    stop: async () => {
      following.stop()
      ended.abort()
      await running
    },
  }
}
