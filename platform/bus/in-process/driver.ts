import type { Clock } from '../../clock.ts'
import type { Serving } from '../bus.ts'
import type { Driver } from '../driver.ts'
import { nobodyAnswers, type Outcome } from '../parcel.ts'
import { type Broker, type Letter, queueOf } from './broker.ts'
import { consume, deliver, type Holding } from './consumer.ts'

export interface InProcessDriver extends Driver {
  /** Goes as a killed process goes: nothing is finished, and what was in hand is delivered to somebody else. */
  drop(): void
}

export function inProcessDriver(broker: Broker, clock: Clock): InProcessDriver {
  const holdings = new Set<Holding>()
  const hearing = new Set<() => void>()

  return {
    ask: (to, parcel, signal) =>
      new Promise<Outcome>((resolve, reject) => {
        const queue = broker.queues.get(to)
        if (!queue?.consumers.length) return reject(nobodyAnswers(to))
        const letter: Letter = { parcel, attempt: 1, answer: resolve }
        queue.waiting.push(letter)
        signal.addEventListener('abort', () => removeFrom(queue.waiting, letter), { once: true })
        deliver(broker, queue, clock)
      }),

    async tell(to, parcel) {
      const queue = queueOf(broker, to)
      queue.waiting.push({ parcel, attempt: 1 })
      deliver(broker, queue, clock)
    },

    async announce(parcel) {
      for (const hear of broker.listeners.get(parcel.name) ?? []) hear(parcel)
    },

    async consume(queue, concurrency, take): Promise<Serving> {
      const holding = consume(broker, queueOf(broker, queue), clock, { take, concurrency, inHand: new Set() })
      holdings.add(holding)
      return {
        stop: async () => {
          await holding.stop()
          holdings.delete(holding)
        },
      }
    },

    async hear(name, take): Promise<Serving> {
      const listeners = broker.listeners.get(name) ?? new Set()
      broker.listeners.set(name, listeners)
      const hear = (parcel: Parameters<typeof take>[0]) => queueMicrotask(() => void take(parcel))
      listeners.add(hear)
      const deaf = () => void listeners.delete(hear)
      hearing.add(deaf)
      return { stop: async () => deaf() }
    },

    async close() {
      for (const deaf of hearing) deaf()
      await Promise.all([...holdings].map(holding => holding.stop()))
    },

    drop() {
      for (const deaf of hearing) deaf()
      for (const holding of holdings) holding.drop()
    },
  }
}

function removeFrom<T>(list: T[], item: T): void {
  const at = list.indexOf(item)
  if (at >= 0) list.splice(at, 1)
}
