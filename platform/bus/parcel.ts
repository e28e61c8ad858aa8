import type { Cause } from '../cause.ts'
import { Refusal, type RefusalKind } from '../refusal.ts'

/** A message on its way: what it is, who wanted it, and its body as JSON text. */
export interface Parcel {
  readonly id: string
  readonly verb: 'ask' | 'tell' | 'announce'
  readonly name: string
  readonly version: number
  readonly cause: Cause
  readonly body: string
  /** Milliseconds since 1970: an ask that nobody waits for any longer is not carried out. */
  readonly expiresAt?: number | undefined
}

/** What became of an ask. */
export type Outcome =
  | { readonly is: 'answer'; readonly body: string }
  | { readonly is: 'refusal'; readonly refusal: SpelledRefusal }
  | { readonly is: 'failure' }

export interface SpelledRefusal {
  readonly kind: RefusalKind
  readonly message: string
  readonly code?: string | undefined
  readonly retryAfterS?: number | undefined
  readonly extra: Readonly<Record<string, unknown>>
}

/** `undefined` has no spelling in JSON: it travels as no text at all. */
export function pack(body: unknown): string {
  return body === undefined ? '' : JSON.stringify(body)
}

export function unpack(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text)
}

/** A refusal crosses as it is; of any other error nothing is told, since its text may hold anything. */
export function outcomeOf(error: unknown): Outcome {
  if (!(error instanceof Refusal)) return { is: 'failure' }
  const { kind, message, code, retryAfterS, extra } = error
  return { is: 'refusal', refusal: { kind, message, code, retryAfterS, extra: { ...extra } } }
}

export function refusalOf({ kind, message, code, retryAfterS, extra }: SpelledRefusal): Refusal {
  return new Refusal(kind, message, {
    extra,
    ...(code === undefined ? {} : { code }),
    ...(retryAfterS === undefined ? {} : { retryAfterS }),
  })
}

/** The code of a refusal that no answerer made: the message was handed to nobody. */
export const nobodyThere = 'bus.nobody'

export function nobodyAnswers(address: string): Refusal {
  const says = `Nobody answers at ${address}: its service is down or was never started`
  return new Refusal('unavailable', says, { retryAfterS: 5, code: nobodyThere })
}
