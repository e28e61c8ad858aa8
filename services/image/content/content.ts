import type { DataFacts } from '../images/image.ts'
import type { Receiving } from '../stores/store.ts'

/** How data is taken in. */
export interface Delivery {
  readonly source: AsyncIterable<Uint8Array>
  readonly into: Receiving
  /** What the data was declared to be; not looked into where there is none. */
  readonly declared: { readonly diskFormat: string; readonly containerFormat: string } | undefined
  /** How many bytes it must be, when the sender said so. */
  readonly expectedBytes: number | undefined
  readonly mostBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes data in as it comes, in constant memory: writes it, hashes it and looks whether it is what it was declared to be. Refuses `invalid`
 * for data that lies or is dangerous, `too-large` for too much. It neither finishes nor abandons what it writes into.
 */
export interface Intake {
  take(delivery: Delivery): Promise<DataFacts>
}

/** Opens addresses that users name. */
export interface Web {
  /** Refuses `invalid` for an address that may not be asked. */
  check(url: string): void
  open(url: string, signal: AbortSignal): Promise<{ readonly body: AsyncIterable<Uint8Array>; readonly sizeBytes: number | undefined }>
}
