import type { AsyncMessage, Connection } from 'rabbitmq-client'
import type { Chance } from '../../chance.ts'
import { type Clock, within } from '../../clock.ts'
import type { BusLog, Serving } from '../bus.ts'
import type { Driver } from '../driver.ts'
import { asking } from './asking.ts'
import { consume } from './consumer.ts'
import { envelopeOf, parkedQueue } from './envelope.ts'
import { listening } from './listening.ts'
import { telling } from './telling.ts'

interface Rooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: BusLog
}

const hangUpMs = 2_000

/** One connection; a handful of channels on it, whatever the number of addresses spoken to. */
export function rabbitmqDriver(connection: Connection, { clock, chance, log }: Rooms): Driver {
  const asks = asking(connection, clock)
  const tells = telling(connection, clock)
  const announces = listening({ connection, clock, chance, log })
  const servings = new Set<Serving>()

  async function park(message: AsyncMessage, reason: string): Promise<void> {
    const { headers, type = '', body, routingKey } = message
    const messageId = message.messageId ?? chance.uuid()
    const why = { ...headers, parked_from: routingKey, parked_because: reason.slice(0, 1_000) }
    await tells.keep(parkedQueue, { messageId, type, headers: why }, Buffer.isBuffer(body) ? body : Buffer.from(String(body)))
  }

  return {
    ask: asks.ask,
    tell: (to, parcel, signal) => tells.keep(to, { ...envelopeOf(parcel), messageId: parcel.id }, Buffer.from(parcel.body), signal),
    announce: announces.announce,
    hear: announces.hear,
    async consume(queue, concurrency, take): Promise<Serving> {
      const serving = await consume({ connection, clock, log, queue, concurrency, take, park })
      servings.add(serving)
      return {
        stop: async () => {
          servings.delete(serving)
          await serving.stop()
        },
      }
    },
    async close() {
      await Promise.all([...servings].map(serving => serving.stop()))
      const goodbye = Promise.all([asks.close(), tells.close(), announces.close()]).then(() => connection.close())
      await within(clock, hangUpMs, goodbye, () => new Error('RabbitMQ is away')).catch(() => connection.unsafeDestroy())
    },
  }
}
