import type { Connection } from 'rabbitmq-client'
import type { Clock } from '../../clock.ts'
import type { Address } from '../bus.ts'
import { lasting } from './line.ts'

const trustMs = 1_000

/**
 * Whether anybody serves an address. A queue outlives those who serve it, so that a mandatory message is taken though nobody is there;
 * the broker knows the consumers, and tells when asked for the queue without making it. A yes is believed for a second.
 */
export function probing(connection: Connection, clock: Clock) {
  const served = new Map<Address, number>()
  const asking = new Map<Address, Promise<boolean>>()
  const line = lasting(connection, async () => {})
  let turn: Promise<unknown> = Promise.resolve()

  async function look(address: Address): Promise<boolean> {
    try {
      const { channel } = await line.get()
      const { consumerCount } = await channel.queueDeclare({ queue: address, passive: true })
      if (consumerCount > 0) served.set(address, clock.monotonic() + trustMs)
      return consumerCount > 0
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'NOT_FOUND') return false
      throw error
    }
  }

  return {
    isServed(address: Address): Promise<boolean> {
      if ((served.get(address) ?? 0) > clock.monotonic()) return Promise.resolve(true)
      served.delete(address)
      const under = asking.get(address)
      if (under) return under
      // One at a time: the broker closes the channel when a queue is not there, and with it whatever else is under way.
      const looking = turn.then(() => look(address)).finally(() => asking.delete(address))
      turn = looking.catch(() => {})
      asking.set(address, looking)
      return looking
    },
    close: () => line.close(),
  }
}
