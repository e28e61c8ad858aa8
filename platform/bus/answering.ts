import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import type { Address, BusLog, Delivery, Handler } from './bus.ts'
import type { Take, Verdict } from './driver.ts'
import { type Outcome, outcomeOf, type Parcel, pack, unpack } from './parcel.ts'
import { remembering } from './window.ts'

/** A tell whose handler failed this often is parked: it would fail for ever and hold up the rest. */
export const attemptsBeforeParking = 6

const windowMs = 10 * 60_000
const windowSize = 4_096
const longestPauseMs = 5_000
/** The handler gives up a little after the asker, who says better what happened. */
const graceMs = 100

interface Answering {
  readonly queue: Address
  readonly handlers: readonly Handler[]
  readonly clock: Clock
  readonly log: BusLog
  /** What is being handled, to be told when the process ends. Signals made of one that lives as long as the process would pile up at that. */
  readonly inHand: Set<AbortController>
}

/**
 * The answerer's half, the same for every driver: finds the handler, suppresses what was handled already, turns errors into outcomes
 * (asks) or into another attempt (tells), and writes the hop.
 */
export function answering({ queue, handlers, clock, log, inHand }: Answering): Take {
  const byName = new Map(handlers.map(handler => [`${handler.verb} ${handler.name}`, handler]))
  const handled = remembering<Outcome>({ clock, ms: windowMs, size: windowSize })

  async function carryOut(parcel: Parcel, attempt: number): Promise<Outcome> {
    const handler = byName.get(`${parcel.verb} ${parcel.name}`)
    if (!handler) throw new Refusal('not-built', `${queue} does not know the message ${parcel.name}`)
    if (parcel.version > handler.version)
      throw new Refusal('not-built', `${queue} knows ${parcel.name} up to version ${handler.version}, not ${parcel.version}`)
    const { delivery, over } = deliveryOf(parcel, attempt, clock, inHand)
    try {
      return { is: 'answer', body: pack(await handler.run(unpack(parcel.body), parcel.cause, delivery)) }
    } finally {
      over()
    }
  }

  async function answerAsk(parcel: Parcel, attempt: number): Promise<Verdict> {
    if (parcel.expiresAt !== undefined && clock.now() > parcel.expiresAt) {
      log.warn('an ask came after its deadline and was dropped; if this repeats, the hosts’ clocks differ', fieldsOf(parcel, queue))
      return { act: 'done' }
    }
    const answer = () =>
      carryOut(parcel, attempt).catch((error: unknown) => {
        if (!(error instanceof Refusal)) log.error(`${parcel.name} failed`, { ...fieldsOf(parcel, queue), error })
        return outcomeOf(error)
      })
    const outcome = byName.get(`ask ${parcel.name}`)?.onlyLooks ? await answer() : await handled.once(parcel.id, answer)
    return { act: 'done', outcome }
  }

  async function answerTell(parcel: Parcel, attempt: number): Promise<Verdict> {
    try {
      await handled.once(parcel.id, () => carryOut(parcel, attempt))
      return { act: 'done' }
    } catch (error) {
      const fields = { ...fieldsOf(parcel, queue), attempt, error }
      if (attempt >= attemptsBeforeParking) {
        log.error(`${parcel.name} failed ${attempt} times and is parked`, fields)
        return { act: 'park', reason: error instanceof Error ? error.message : String(error) }
      }
      log.warn(`${parcel.name} failed and will come again`, fields)
      return { act: 'again', afterMs: Math.min(longestPauseMs, 50 * 2 ** attempt) }
    }
  }

  return async (parcel, attempt) => {
    const started = clock.monotonic()
    if (attempt > attemptsBeforeParking) {
      log.error(`${parcel.name} was delivered ${attempt} times and is parked`, { ...fieldsOf(parcel, queue), attempt })
      return { act: 'park', reason: 'delivered too often: its handler seems to end the process' }
    }
    const verdict = parcel.verb === 'ask' ? await answerAsk(parcel, attempt) : await answerTell(parcel, attempt)
    const outcome = verdict.act === 'done' ? (verdict.outcome?.is ?? 'done') : verdict.act
    const ms = Math.round(clock.monotonic() - started)
    log.info('bus.serve', { hop: 'bus.serve', what: `${parcel.name} at ${queue}: ${outcome}`, ...fieldsOf(parcel, queue), ms, outcome })
    return verdict
  }
}

function deliveryOf(parcel: Parcel, attempt: number, clock: Clock, inHand: Set<AbortController>): { delivery: Delivery; over: () => void } {
  const gone = new AbortController()
  inHand.add(gone)
  const timer =
    parcel.expiresAt === undefined
      ? undefined
      : clock.after(Math.max(0, parcel.expiresAt - clock.now()) + graceMs, () =>
          gone.abort(new Refusal('unavailable', 'the asker’s deadline passed')),
        )
  return {
    delivery: { id: parcel.id, attempt, signal: gone.signal },
    over: () => {
      timer?.stop()
      inHand.delete(gone)
    },
  }
}

function fieldsOf(parcel: Parcel, queue: Address) {
  return { message: parcel.name, to: queue, request_id: parcel.cause.requestId }
}
