import type { Cause } from '../cause.ts'
import type { Delivery, Handler } from './bus.ts'

/**
 * A message is declared once, in the `contract/` of whoever answers it: a verb, a name, a version, and the types of what travels.
 * A field may be added under a new version, never changed: an answerer of version n answers 1 to n, so answerers are upgraded before
 * askers. Bodies and answers travel as JSON: no `undefined` in lists, no Dates, no bigints.
 *
 *     export const startGuest = ask<Guest, GuestState>('hypervisor.startGuest', 1)
 */
export interface Message<Verb extends 'ask' | 'tell' | 'announce', Q, A> {
  readonly verb: Verb
  readonly name: string
  readonly version: number
  /** Turns what arrived into a body, or throws `Refusal('invalid', ...)`. Runs where the message arrives. */
  readonly check: Check<Q> | undefined
  /** Whoever answers it changes nothing: one that comes again is carried out again, and its answer is not kept. */
  readonly onlyLooks?: boolean
  readonly [travels]?: { body: Q; answer: A }
}

/** Exists in types only: it ties a declaration to what travels. */
declare const travels: unique symbol

export type Check<Q> = (body: unknown) => Q
/** An answer is awaited. */
export type Ask<Q, A> = Message<'ask', Q, A>
/** Delivery is awaited. */
export type Tell<Q> = Message<'tell', Q, void>
/** Nothing is awaited. */
export type Announce<Q> = Message<'announce', Q, void>

export function ask<Q, A>(name: string, version: number, check?: Check<Q>): Ask<Q, A> {
  return { verb: 'ask', name, version, check }
}

/** An ask that changes nothing. */
export function look<Q, A>(name: string, version: number, check?: Check<Q>): Ask<Q, A> {
  return { ...ask<Q, A>(name, version, check), onlyLooks: true }
}

export function tell<Q>(name: string, version: number, check?: Check<Q>): Tell<Q> {
  return { verb: 'tell', name, version, check }
}

export function announce<Q>(name: string, version: number, check?: Check<Q>): Announce<Q> {
  return { verb: 'announce', name, version, check }
}

/**
 * What is done when a message arrives. It must be safe to repeat: a message whose acknowledgement got lost comes again, with the same
 * `delivery.id`. The bus suppresses repetitions it remembers (a window of one process's life), not all of them.
 */
export function handle<Q, A>(message: Ask<Q, A>, run: (body: Q, cause: Cause, delivery: Delivery) => Promise<NoInfer<A>>): Handler
export function handle<Q>(message: Tell<Q>, run: (body: Q, cause: Cause, delivery: Delivery) => Promise<void>): Handler
export function handle<Q>(
  message: Ask<Q, unknown> | Tell<Q>,
  run: (body: Q, cause: Cause, delivery: Delivery) => Promise<unknown>,
): Handler {
  return {
    verb: message.verb,
    name: message.name,
    version: message.version,
    onlyLooks: message.onlyLooks ?? false,
    run: (body, cause, delivery) => run(checked(message, body), cause, delivery),
  }
}

/** What arrived, as the body its declaration promises. */
export function checked<Q>(message: { readonly check: Check<Q> | undefined }, body: unknown): Q {
  return message.check ? message.check(body) : (body as Q)
}
