import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal, type RefusalKind } from '@kilonova/platform/refusal.ts'

/** One thing that goes wrong, as data: `{ nth: 2, says: 'no memory left' }` is "the second wiring fails". Without `nth` all do. */
export interface Fault {
  readonly nth?: number | undefined
  readonly says: string
  /** A refusal of this kind; absent: an error nobody foresaw. */
  readonly kind?: RefusalKind | undefined
  /** It is done all the same, and only then the fault is told: an answer that was lost. */
  readonly afterwards?: boolean | undefined
}

/** Wires after a while, and fails when a fault says so. */
export function trials(clock: Clock, faults: readonly Fault[], delayMs: number): <T>(perform: () => T) => Promise<T> {
  let count = 0
  return async perform => {
    count++
    const mine = count
    if (delayMs > 0) await clock.sleep(delayMs)
    const fault = faults.find(each => each.nth === undefined || each.nth === mine)
    if (fault && !fault.afterwards) throw failure(fault)
    const result = perform()
    if (fault) throw failure(fault)
    return result
  }
}

const failure = ({ kind, says }: Fault): Error => (kind ? new Refusal(kind, says) : new Error(says))
