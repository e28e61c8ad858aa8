import { type Clock, within } from '../../clock.ts'
import type { Broker, Consumer, Letter, Queue } from './broker.ts'

/** One serving of one queue, to be ended in good order or abruptly. */
export interface Holding {
  stop(): Promise<void>
  drop(): void
}

const longestFarewellMs = 30_000

export function consume(broker: Broker, queue: Queue, clock: Clock, consumer: Consumer): Holding {
  queue.consumers.push(consumer)
  deliver(broker, queue, clock)

  function leave(): void {
    const at = queue.consumers.indexOf(consumer)
    if (at >= 0) queue.consumers.splice(at, 1)
  }

  /** What is still in hand goes back to the head of the queue, in its old order. */
  function giveBack(): void {
    leave()
    queue.waiting.unshift(...[...consumer.inHand].map(letter => ({ ...letter, attempt: letter.attempt + 1 })))
    consumer.inHand.clear()
    deliver(broker, queue, clock)
  }

  async function empty(): Promise<void> {
    while (consumer.inHand.size > 0) await clock.sleep(10)
  }

  return {
    async stop() {
      leave()
      await within(clock, longestFarewellMs, empty(), () => new Error('handlers still running')).catch(giveBack)
    },
    drop: giveBack,
  }
}

/** Hands waiting letters to free consumers, in turn. */
export function deliver(broker: Broker, queue: Queue, clock: Clock): void {
  for (;;) {
    const consumer = queue.consumers.find(({ inHand, concurrency }) => inHand.size < concurrency)
    const letter = consumer && queue.waiting.shift()
    if (!consumer || !letter) return
    queue.consumers.splice(queue.consumers.indexOf(consumer), 1)
    queue.consumers.push(consumer)
    consumer.inHand.add(letter)
    void handOver(broker, queue, clock, { consumer, letter })
  }
}

async function handOver(broker: Broker, queue: Queue, clock: Clock, { consumer, letter }: { consumer: Consumer; letter: Letter }) {
  await Promise.resolve()
  const verdict = await consumer.take(letter.parcel, letter.attempt)
  if (verdict.act === 'again') await clock.sleep(verdict.afterMs)
  // NOTE: a letter no longer in hand was given back when its consumer ended; somebody else decides about it.
  if (!consumer.inHand.delete(letter)) return
  if (verdict.act === 'done' && verdict.outcome) letter.answer?.(verdict.outcome)
  if (verdict.act === 'again') queue.waiting.push({ ...letter, attempt: letter.attempt + 1 })
  if (verdict.act === 'park') broker.parked.push({ from: queue.name, parcel: letter.parcel, reason: verdict.reason })
  deliver(broker, queue, clock)
}
