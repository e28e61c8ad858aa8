import type { Driver } from '../bus/driver.ts'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import type { Gate } from './gate.ts'

/** How often each evil happens, as fractions of all messages. */
export interface BusFaults {
  readonly lost: number
  readonly doubled: number
  readonly delayed: number
  readonly longestDelayMs: number
}

/**
 * A driver over which messages are lost, doubled and delayed past each other, within what the bus promises: of an ask either way may be
 * lost; a tell is lost only when its teller learns so, and may be delivered though its teller learns that it failed.
 */
export function faultyDriver(driver: Driver, faults: () => BusFaults, { chance, clock }: { chance: Chance; clock: Clock }): Driver {
  const happens = (often: number) => chance.fraction() < often
  const never = () => new Promise<never>(() => {})
  const delay = async () => {
    const { delayed, longestDelayMs } = faults()
    if (happens(delayed)) await clock.sleep(chance.fraction() * longestDelayMs)
  }
  const twice = (send: () => Promise<unknown>) => {
    if (happens(faults().doubled))
      void delay()
        .then(send)
        .catch(() => {})
  }

  return {
    async ask(to, parcel, signal) {
      if (happens(faults().lost)) return never()
      twice(() => driver.ask(to, parcel, signal))
      await delay()
      const outcome = await driver.ask(to, parcel, signal)
      if (happens(faults().lost)) return never()
      await delay()
      return outcome
    },
    async tell(to, parcel, signal) {
      if (happens(faults().lost)) throw new Refusal('unavailable', 'The broker is away.')
      twice(() => driver.tell(to, parcel, signal))
      await delay()
      await driver.tell(to, parcel, signal)
      if (happens(faults().lost)) throw new Refusal('unavailable', 'The broker went away.')
    },
    async announce(parcel) {
      if (happens(faults().lost)) return
      twice(() => driver.announce(parcel))
      void delay().then(() => driver.announce(parcel))
    },
    consume: driver.consume,
    hear: driver.hear,
    close: driver.close,
  }
}

/** The driver of a process that may be killed: what it says and hears passes its gate. */
export function gatedDriver(driver: Driver, { pass, cross }: Gate): Driver {
  return {
    ask: (to, parcel, signal) => pass(() => driver.ask(to, parcel, signal)),
    tell: (to, parcel, signal) => pass(() => driver.tell(to, parcel, signal)),
    announce: parcel => pass(() => driver.announce(parcel)),
    consume: (queue, concurrency, take) =>
      pass(() => driver.consume(queue, concurrency, (parcel, attempt) => pass(() => take(parcel, attempt)))),
    hear: (name, take) => pass(() => driver.hear(name, async parcel => void (cross() || (await take(parcel))))),
    close: () => pass(() => driver.close()),
  }
}
