import type { Connection } from 'rabbitmq-client'
import type { Chance } from '../../chance.ts'
import type { Clock } from '../../clock.ts'
import type { BusLog, Serving } from '../bus.ts'
import type { Parcel } from '../parcel.ts'
import { announcements, envelopeOf, parcelOf } from './envelope.ts'
import { lasting } from './line.ts'

type Hear = (parcel: Parcel) => Promise<void>

const pauseMs = 500

interface Rooms {
  readonly connection: Connection
  readonly clock: Clock
  readonly chance: Chance
  readonly log: BusLog
}

/** Announcements: one exchange for all, one queue per process that listens to any, bound to the names it listens to. */
export function listening({ connection, clock, chance, log }: Rooms) {
  const listeners = new Map<string, Set<Hear>>()
  const queue = `kilonova.listener.${chance.hex()}`
  const exchange = { exchange: announcements, type: 'direct', durable: true } as const
  let closing = false
  let kept = false

  const speaking = lasting(connection, channel => channel.exchangeDeclare(exchange))
  const hearing = lasting(connection, async channel => {
    await channel.exchangeDeclare(exchange)
    await channel.queueDeclare({ queue, autoDelete: true, arguments: { 'x-expires': 60_000 } })
    for (const name of listeners.keys()) await channel.queueBind({ queue, exchange: announcements, routingKey: name })
    await channel.basicConsume({ queue, noAck: true }, message => {
      const parcel = parcelOf(message)
      for (const hear of listeners.get(parcel.name) ?? []) void hear(parcel)
    })
  })

  async function keepHearing(): Promise<void> {
    while (!closing) {
      try {
        const { closed } = await hearing.get()
        await closed
      } catch (error) {
        if (!closing) log.warn('announcements cannot be heard for now', { error })
        await clock.sleep(pauseMs)
      }
    }
  }

  return {
    async hear(name: string, take: Hear): Promise<Serving> {
      const hears = listeners.get(name) ?? new Set()
      listeners.set(name, hears)
      hears.add(take)
      const { channel } = await hearing.get()
      await channel.queueBind({ queue, exchange: announcements, routingKey: name })
      if (!kept) void keepHearing()
      kept = true
      return {
        stop: async () => {
          hears.delete(take)
          if (hears.size === 0) listeners.delete(name)
        },
      }
    },

    /** Not waiting for a broker that is away: an announcement has no promise. */
    async announce(parcel: Parcel): Promise<void> {
      if (!connection.ready) throw new Error('RabbitMQ is away')
      const { channel } = await speaking.get()
      await channel.basicPublish({ ...envelopeOf(parcel), exchange: announcements, routingKey: parcel.name }, Buffer.from(parcel.body))
    },

    async close(): Promise<void> {
      closing = true
      await Promise.all([hearing.close(), speaking.close()])
    },
  }
}
