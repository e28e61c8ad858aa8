import type { Cause } from '../cause.ts'
import type { Announce, Ask, Tell } from './message.ts'

/**
 * How processes speak. Three verbs and no more: `ask` awaits an answer, `tell` awaits safe delivery, `announce` awaits nothing.
 *
 * Promises: an ask answers or rejects by its deadline; it may still be carried out after its asker gave up. A tell that resolved is
 * handled at least once, even over restarts of the broker and of the answerer. An announcement reaches whoever listens now, or nobody.
 */
export interface Bus {
  /**
   * The answer. A `Refusal` thrown by the answerer arrives as a `Refusal`; any other error as an opaque `Error`. Refuses `unavailable`
   * at once when nobody serves the address, and when the deadline (60 s unless told) passes.
   */
  ask<Q, A>(message: Ask<Q, A>, to: Address, body: NoInfer<Q>, options: AskOptions): Promise<A>
  /** Resolves when the message is safe with the broker, whether anybody serves the address yet or not. */
  tell<Q>(message: Tell<Q>, to: Address, body: NoInfer<Q>, options: TellOptions): Promise<void>
  /** To every listener there is. */
  announce<Q>(message: Announce<Q>, body: NoInfer<Q>, options: { cause: Cause }): Promise<void>
  /** Answers asks and tells sent to the address. Several processes serving one address share its messages. Once per address and bus. */
  serve(queue: Address, handlers: readonly Handler[], options?: ServeOptions): Promise<Serving>
  listen<Q>(message: Announce<Q>, run: (body: Q, cause: Cause) => Promise<void>): Promise<Serving>
  /** Stops taking messages, lets running handlers finish (30 s at most), hangs up. */
  close(): Promise<void>
}

/** A topic (`conductor`, `scheduler`) or one host of it (`compute.node1`): the name of the queue operators see. */
export type Address = string

export interface AskOptions {
  readonly cause: Cause
  readonly deadlineMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TellOptions {
  readonly cause: Cause
  /** How long to go on trying when the broker is away; 60 s unless told. */
  readonly deadlineMs?: number | undefined
}

export interface ServeOptions {
  /** How many messages are handled at once; 64 unless told. */
  readonly concurrency?: number | undefined
}

export interface Serving {
  /** Takes no more messages, waits for the running ones (30 s at most). */
  stop(): Promise<void>
}

/** Made with `handle(message, run)`. */
export interface Handler {
  readonly verb: 'ask' | 'tell'
  readonly name: string
  readonly version: number
  readonly onlyLooks: boolean
  run(body: unknown, cause: Cause, delivery: Delivery): Promise<unknown>
}

export interface Delivery {
  /** The same when a message comes again. */
  readonly id: string
  /** 1 the first time. */
  readonly attempt: number
  /** Aborted when the asker's deadline passes or the serving is stopped for good. */
  readonly signal: AbortSignal
}

/** Where the bus writes its trace hops and troubles. */
export interface BusLog {
  info(message: string, fields?: object): void
  warn(message: string, fields?: object): void
  error(message: string, fields?: object): void
}
