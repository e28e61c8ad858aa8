import { type Channel, Connection } from 'rabbitmq-client'
import { afterAll, beforeAll } from 'vitest'
import { busSuite, rooms } from '../contract.test-suite.ts'
import { openBus } from '../open.ts'
import { startThrowAwayRabbit, type ThrowAwayRabbit } from '../testing.ts'
import { parkedQueue, quorum } from './envelope.ts'

let rabbit: ThrowAwayRabbit | undefined
const url = () => rabbit?.url ?? ''
beforeAll(async () => {
  rabbit = await startThrowAwayRabbit()
})
afterAll(() => rabbit?.remove())

busSuite('RabbitMQ', {
  open: (log = rooms.log) => openBus({ ...rooms, log, url: url() }),
  async parked() {
    const connection = new Connection(url().replace('rabbit:', 'amqp:'))
    const channel = await connection.acquire()
    try {
      await channel.queueDeclare({ queue: parkedQueue, ...quorum })
      const names: string[] = []
      for (let message = await look(channel); message; message = await look(channel)) names.push(message.type ?? '')
      return names
    } finally {
      // What was only looked at goes back when the channel closes.
      await channel.close()
      await connection.close()
    }
  },
})

const look = (channel: Channel) => channel.basicGet({ queue: parkedQueue })
