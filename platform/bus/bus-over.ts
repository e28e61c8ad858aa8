import type { Cause } from '../cause.ts'
import type { Chance } from '../chance.ts'
import { type Clock, within } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import { answering } from './answering.ts'
import type { Address, Bus, BusLog, Serving } from './bus.ts'
import type { Driver } from './driver.ts'
import { checked, type Message } from './message.ts'
import { type Outcome, type Parcel, pack, refusalOf, unpack } from './parcel.ts'

const patienceMs = 60_000
const defaultConcurrency = 64

interface Rooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: BusLog
}

/** The bus, on any driver: declares parcels, keeps deadlines, writes hops. What differs between brokers is below, in the driver. */
export function busOver(driver: Driver, { clock, chance, log }: Rooms): Bus {
  const inHand = new Set<AbortController>()

  const parcelOf = <Q>(message: Message<Parcel['verb'], Q, unknown>, body: Q, cause: Cause): Parcel => ({
    id: chance.uuid(),
    verb: message.verb,
    name: message.name,
    version: message.version,
    cause,
    body: pack(body),
  })

  /** Runs `work` under a deadline and a signal, and writes the hop whatever comes of it. */
  async function hop<R>(parcel: Parcel, to: Address, options: Patience, work: (signal: AbortSignal) => Promise<R>): Promise<R> {
    const { deadlineMs, signal, late } = options
    const giveUp = new AbortController()
    const started = clock.monotonic()
    let outcome = 'ok'
    try {
      signal?.throwIfAborted()
      return await within(clock, deadlineMs, Promise.race([work(giveUp.signal), aborted(signal, giveUp.signal)]), late)
    } catch (error) {
      outcome = error instanceof Refusal ? error.kind : 'failure'
      throw error
    } finally {
      giveUp.abort(over)
      const ms = Math.round(clock.monotonic() - started)
      log.info(`bus.${parcel.verb}`, {
        hop: `bus.${parcel.verb}`,
        what: `${parcel.name} at ${to}: ${outcome}`,
        message: parcel.name,
        to,
        request_id: parcel.cause.requestId,
        ms,
        outcome,
      })
    }
  }

  return {
    async ask(message, to, body, { cause, deadlineMs = patienceMs, signal }) {
      const parcel = { ...parcelOf(message, body, cause), expiresAt: clock.now() + deadlineMs }
      const late = () => new Refusal('unavailable', `${to} did not answer ${message.name} within ${deadlineMs / 1000} s`)
      return hop(parcel, to, { deadlineMs, signal, late }, async giveUp => answerOf(await driver.ask(to, parcel, giveUp), parcel, to))
    },

    async tell(message, to, body, { cause, deadlineMs = patienceMs }) {
      const parcel = parcelOf(message, body, cause)
      const late = () => new Refusal('unavailable', `The broker did not take ${message.name} for ${to} within ${deadlineMs / 1000} s`)
      await hop(parcel, to, { deadlineMs, late }, giveUp => driver.tell(to, parcel, giveUp))
    },

    async announce(message, body, { cause }) {
      const parcel = parcelOf(message, body, cause)
      try {
        await driver.announce(parcel)
      } catch (error) {
        log.warn(`${message.name} could not be announced`, { message: message.name, request_id: cause.requestId, error })
      }
    },

    serve(queue, handlers, { concurrency = defaultConcurrency } = {}): Promise<Serving> {
      return driver.consume(queue, concurrency, answering({ queue, handlers, clock, log, inHand }))
    },

    listen(message, run) {
      return driver.hear(message.name, async ({ body, cause }) => {
        try {
          await run(checked(message, unpack(body)), cause)
        } catch (error) {
          log.error(`a listener of ${message.name} failed`, { message: message.name, request_id: cause.requestId, error })
        }
      })
    },

    async close() {
      await driver.close()
      for (const one of inHand) one.abort(new Refusal('unavailable', 'this process is stopping'))
    },
  }
}

/** No error: nobody waits any longer. Made once, since the default reason is an exception with a stack each time. */
const over = 'over'

interface Patience {
  readonly deadlineMs: number
  readonly signal?: AbortSignal | undefined
  readonly late: () => Error
}

/** Rejects when the caller's signal is aborted. Settles no later than `over`. */
function aborted(signal: AbortSignal | undefined, over: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over })
  })
}

/** The answerer's type is the declaration's promise; a wrong one is a defect of the answerer. */
function answerOf<A>(outcome: Outcome, parcel: Parcel, to: Address): A {
  if (outcome.is === 'answer') return unpack(outcome.body) as A
  if (outcome.is === 'refusal') throw refusalOf(outcome.refusal)
  throw new Error(`${parcel.name} failed at ${to}; its log has the reason under ${parcel.cause.requestId}`)
}
