import type { Address } from '../bus.ts'
import type { Take } from '../driver.ts'
import type { Outcome, Parcel } from '../parcel.ts'

/**
 * The post office of one process: what RabbitMQ is between processes. Several drivers on one broker behave like several processes on
 * one RabbitMQ. It lives in memory: a tell is safe here as long as the broker object lives.
 */
export interface Broker {
  readonly queues: Map<Address, Queue>
  readonly listeners: Map<string, Set<(parcel: Parcel) => void>>
  readonly parked: Parked[]
}

export interface Queue {
  readonly name: Address
  readonly waiting: Letter[]
  /** Served in turn: whoever took a letter goes to the end. */
  readonly consumers: Consumer[]
}

export interface Letter {
  readonly parcel: Parcel
  readonly attempt: number
  readonly answer?: ((outcome: Outcome) => void) | undefined
}

export interface Consumer {
  readonly take: Take
  readonly concurrency: number
  readonly inHand: Set<Letter>
}

export interface Parked {
  readonly from: Address
  readonly parcel: Parcel
  readonly reason: string
}

export function openBroker(): Broker {
  return { queues: new Map(), listeners: new Map(), parked: [] }
}

export function queueOf(broker: Broker, name: Address): Queue {
  const queue = broker.queues.get(name) ?? { name, waiting: [], consumers: [] }
  broker.queues.set(name, queue)
  return queue
}
