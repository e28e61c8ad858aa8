import type { Connection, Envelope } from 'rabbitmq-client'
import type { Clock } from '../../clock.ts'
import type { Address } from '../bus.ts'
import { quorum } from './envelope.ts'
import { lasting } from './line.ts'

const pauseMs = 200

/** Publishes to queues that keep: resolves when a majority of the broker's nodes has it on disk. Tries again until aborted. */
export function telling(connection: Connection, clock: Clock) {
  const declaring = lasting(connection, async () => new Map<Address, Promise<unknown>>())
  const line = lasting(connection, async channel => {
    await channel.confirmSelect()
    const returned = new Set<string>()
    channel.on('basic.return', message => returned.add(message.messageId ?? ''))
    return returned
  })

  async function declare(queue: Address): Promise<void> {
    const { channel, ready: declared } = await declaring.get()
    const declaration = declared.get(queue) ?? channel.queueDeclare({ queue, ...quorum })
    declared.set(queue, declaration)
    await declaration
  }

  async function forget(queue: Address): Promise<void> {
    const { ready: declared } = await declaring.get()
    declared.delete(queue)
  }

  async function attempt(queue: Address, envelope: Envelope & { messageId: string }, body: Buffer): Promise<void> {
    await declare(queue)
    const { channel, ready: returned } = await line.get()
    await channel.basicPublish({ ...envelope, durable: true, routingKey: queue, mandatory: true }, body)
    if (!returned.delete(envelope.messageId)) return
    await forget(queue)
    throw new Error(`the queue ${queue} was deleted`)
  }

  return {
    async keep(queue: Address, envelope: Envelope & { messageId: string }, body: Buffer, signal?: AbortSignal): Promise<void> {
      for (;;) {
        try {
          return await attempt(queue, envelope, body)
        } catch (error) {
          if (signal?.aborted) throw error
          await clock.sleep(pauseMs, signal)
        }
      }
    },
    async close(): Promise<void> {
      await Promise.all([line.close(), declaring.close()])
    },
  }
}
