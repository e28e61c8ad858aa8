import type { Address, Serving } from './bus.ts'
import type { Outcome, Parcel } from './parcel.ts'

/**
 * What carries parcels: a broker in this process, or RabbitMQ. A driver knows queues, delivery and redelivery; it does not know what a
 * message means. `bus-over.ts` makes a `Bus` of it.
 */
export interface Driver {
  /** Resolves with the outcome; rejects with `nobodyAnswers(to)` when nobody serves the address. Forgets the ask when aborted. */
  ask(to: Address, parcel: Parcel, signal: AbortSignal): Promise<Outcome>
  /** Resolves when the parcel is safe. Gives up trying when aborted. */
  tell(to: Address, parcel: Parcel, signal: AbortSignal): Promise<void>
  announce(parcel: Parcel): Promise<void>
  consume(queue: Address, concurrency: number, take: Take): Promise<Serving>
  hear(name: string, take: (parcel: Parcel) => Promise<void>): Promise<Serving>
  close(): Promise<void>
}

/** Decides what becomes of a parcel. Never rejects. `attempt` is 1 the first time. */
export type Take = (parcel: Parcel, attempt: number) => Promise<Verdict>

export type Verdict =
  | { readonly act: 'done'; readonly outcome?: Outcome | undefined }
  | { readonly act: 'again'; readonly afterMs: number }
  | { readonly act: 'park'; readonly reason: string }
