import { AMQPError, type Channel, type Connection } from 'rabbitmq-client'

/** A channel with what was prepared on it, good until it closes. */
export interface Line<Ready> {
  readonly channel: Channel
  readonly ready: Ready
  readonly closed: Promise<void>
}

/**
 * A channel that is made anew when it is gone: a lost connection or a broker's refusal closes channels with everything on them. Whoever
 * needs it asks for it each time and repeats the work that went with the old one.
 */
export function lasting<Ready>(connection: Connection, prepare: (channel: Channel, closed: Promise<void>) => Promise<Ready>) {
  let current: Promise<Line<Ready>> | undefined

  async function open(): Promise<Line<Ready>> {
    const channel = await connection.acquire({ emitErrorsFromChannel: true })
    const closed = new Promise<void>(resolve => {
      channel.once('close', () => {
        current = undefined
        resolve()
      })
    })
    // NOTE: the one who waits for the call that failed gets the same error; a second report would end the process.
    channel.on('error', () => {})
    try {
      return { channel, ready: await prepare(channel, closed), closed }
    } catch (error) {
      await channel.close().catch(() => {})
      throw error
    }
  }

  return {
    get(): Promise<Line<Ready>> {
      if (!current) {
        const opening = insisting(open)
        current = opening
        opening.catch(() => {
          if (current === opening) current = undefined
        })
      }
      return current
    },
    /** What there is now, if anything; makes nothing. */
    async look(): Promise<Line<Ready> | undefined> {
      return current?.catch(() => undefined)
    },
    async close(): Promise<void> {
      const line = await current?.catch(() => undefined)
      if (line?.channel.active) await line.channel.close().catch(() => {})
    },
  }
}

const attempts = 4

/** A broker that stumbles over itself, as when several make one queue at one moment, closes the connection; the next attempt finds it well. */
async function insisting<T>(open: () => Promise<T>, attempt = 1): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (!(error instanceof AMQPError) || error.code !== 'INTERNAL_ERROR' || attempt === attempts) throw error
    return insisting(open, attempt + 1)
  }
}
