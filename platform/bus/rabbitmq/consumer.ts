import type { AsyncMessage, Channel, Connection } from 'rabbitmq-client'
import { type Clock, within } from '../../clock.ts'
import type { Address, BusLog, Serving } from '../bus.ts'
import type { Take } from '../driver.ts'
import { attemptOf, packOutcome, parcelOf, quorum } from './envelope.ts'
import { type Line, lasting } from './line.ts'

interface Consuming {
  readonly connection: Connection
  readonly clock: Clock
  readonly log: BusLog
  readonly queue: Address
  readonly concurrency: number
  readonly take: Take
  readonly park: (message: AsyncMessage, reason: string) => Promise<void>
}

const longestFarewellMs = 30_000
const pauseMs = 200

/**
 * Serves a queue until stopped, over lost connections. The library's own consumer is not used: after a reconnect it waits for the handlers
 * that still run before it takes new messages, so that one long handler makes a process deaf.
 */
export async function consume(consuming: Consuming): Promise<Serving> {
  const { connection, clock, log, queue, concurrency } = consuming
  const running = new Set<Promise<void>>()
  const stopping = new AbortController()

  const line = lasting(connection, async channel => {
    await channel.queueDeclare({ queue, ...quorum })
    await channel.basicQos({ prefetchCount: concurrency })
    const cancelled = new Promise<void>(resolve => channel.once('basic.cancel', () => resolve()))
    const { consumerTag } = await channel.basicConsume({ queue }, message => {
      const work = settle(consuming, channel, message).finally(() => running.delete(work))
      running.add(work)
    })
    // NOTE: the broker cancels consumers of a queue that was deleted; the channel stays, and is closed so that all is made anew.
    void cancelled.then(() => channel.close().catch(() => {}))
    return consumerTag
  })

  async function keepServing(first: Line<string>): Promise<void> {
    await first.closed
    while (!stopping.signal.aborted) {
      try {
        const { closed } = await line.get()
        log.info(`serving ${queue} again`, { queue })
        await closed
      } catch (error) {
        if (stopping.signal.aborted) return
        log.warn(`${queue} cannot be served for now`, { queue, error })
        await clock.sleep(pauseMs, stopping.signal).catch(() => {})
      }
    }
  }

  void keepServing(await line.get())
  async function finish(): Promise<void> {
    const serving = await line.look()
    await serving?.channel.basicCancel(serving.ready).catch(() => {})
    await Promise.allSettled(running)
    await line.close()
  }

  return {
    async stop() {
      stopping.abort()
      const late = () => new Error('handlers still running')
      await within(clock, longestFarewellMs, finish(), late).catch((error: unknown) =>
        log.warn(`${queue}: stopped with handlers still running; their messages will come again`, { queue, error }),
      )
    },
  }
}

/** Handles one message and tells the broker what became of it. Never rejects: without an acknowledgement it comes again. */
async function settle({ clock, log, queue, take, park }: Consuming, channel: Channel, message: AsyncMessage): Promise<void> {
  const { deliveryTag, replyTo, correlationId } = message
  try {
    const verdict = await take(parcelOf(message), attemptOf(message))
    if (verdict.act === 'again') await clock.sleep(verdict.afterMs)
    if (verdict.act === 'park') await park(message, verdict.reason)
    if (!channel.active) return
    if (verdict.act === 'again') return channel.basicNack({ deliveryTag, requeue: true })
    if (verdict.act === 'done' && verdict.outcome && replyTo)
      await channel.basicPublish({ routingKey: replyTo, correlationId: correlationId ?? '' }, packOutcome(verdict.outcome))
    channel.basicAck({ deliveryTag })
  } catch (error) {
    log.error(`a message of ${queue} could not be settled`, { queue, error })
    if (channel.active)
      await park(message, String(error)).then(
        () => channel.basicAck({ deliveryTag }),
        () => {},
      )
  }
}
