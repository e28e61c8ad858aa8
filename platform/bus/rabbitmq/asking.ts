import type { Channel, Connection } from 'rabbitmq-client'
import type { Clock } from '../../clock.ts'
import { Refusal } from '../../refusal.ts'
import type { Address } from '../bus.ts'
import { nobodyAnswers, type Outcome, type Parcel } from '../parcel.ts'
import { envelopeOf, outcomeIn } from './envelope.ts'
import { lasting } from './line.ts'
import { probing } from './probing.ts'

interface Waiting {
  readonly to: Address
  answered(outcome: Outcome): void
  failed(error: unknown): void
}

const pauseMs = 200

/**
 * Asks, with answers over direct reply-to: no queue of one's own, and what is not read is gone with the channel. A lost channel loses the
 * answers under way, so the asks are sent again under the same id, which the answerer recognises.
 */
export function asking(connection: Connection, clock: Clock) {
  const waiting = new Map<string, Waiting>()
  const probe = probing(connection, clock)
  const line = lasting(connection, async (channel: Channel, closed) => {
    const mine = waiting
    channel.on('basic.return', message => {
      const ask = mine.get(message.messageId ?? '')
      ask?.failed(nobodyAnswers(ask.to))
    })
    void closed.then(() => {
      for (const ask of mine.values()) ask.failed(new Error('the channel was lost'))
    })
    await channel.basicConsume({ queue: 'amq.rabbitmq.reply-to', noAck: true }, message => {
      mine.get(message.correlationId ?? '')?.answered(outcomeIn(message))
    })
  })

  async function attempt(to: Address, parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    if (!(await probe.isServed(to))) throw nobodyAnswers(to)
    const { channel } = await line.get()
    signal.throwIfAborted()
    const answer = new Promise<Outcome>((answered, failed) => {
      waiting.set(parcel.id, { to, answered, failed })
      signal.addEventListener('abort', () => failed(signal.reason), { once: true })
    })
    // NOTE: when publishing fails nobody awaits the answer, whose failure must not pass for an unhandled one.
    answer.catch(() => {})
    try {
      const body = Buffer.from(parcel.body)
      await channel.basicPublish({ ...envelopeOf(parcel), routingKey: to, replyTo: 'amq.rabbitmq.reply-to', mandatory: true }, body)
      return await answer
    } finally {
      waiting.delete(parcel.id)
    }
  }

  return {
    async ask(to: Address, parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
      for (;;) {
        try {
          return await attempt(to, parcel, signal)
        } catch (error) {
          if (error instanceof Refusal || signal.aborted) throw error
          await clock.sleep(pauseMs, signal)
        }
      }
    },
    async close(): Promise<void> {
      await Promise.all([line.close(), probe.close()])
    },
  }
}
