import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Connection } from './connection.ts'

/**
 * Always the same libvirt, over however many connections that takes. The first use connects; after a loss the next use connects again,
 * and with somebody watching it is tried by itself. After every connect the watchers are set up anew and told that something may have
 * been missed: they look at the whole world once.
 */
export interface Session {
  /** Refuses `unavailable` when libvirt cannot be reached. */
  connection(): Promise<Connection>
  /** `watcher` is run on every new connection, the first included. */
  watch(watcher: Watcher): { stop(): void }
  close(): Promise<void>
}

export type Watcher = (connection: Connection) => Promise<void>

const firstPauseMs = 500
const longestPauseMs = 30_000

export function openSession({ open, clock, log }: { open: () => Promise<Connection>; clock: Clock; log: Log }): Session {
  const watchers = new Set<Watcher>()
  const arranged = new WeakMap<Connection, Set<Watcher>>()
  let current: Promise<Connection> | undefined
  let closed = false

  const establish = async (): Promise<Connection> => {
    const connection = await open()
    void connection.ended.then(why => {
      current = undefined
      if (closed) return
      log.warn('libvirt went away', { error: why })
      if (watchers.size > 0) void comeBack()
    })
    try {
      for (const watcher of [...watchers]) await arrange(watcher, connection)
      return connection
    } catch (error) {
      // Nobody would be told of anything on it, and the next try opens another.
      await connection.close()
      throw error
    }
  }

  /** Once per watcher and connection, whichever comes first. */
  const arrange = async (watcher: Watcher, connection: Connection): Promise<void> => {
    const done = arranged.get(connection) ?? new Set()
    arranged.set(connection, done)
    if (done.has(watcher)) return
    done.add(watcher)
    await watcher(connection)
  }

  const connection = async (): Promise<Connection> => {
    if (closed) throw new Refusal('unavailable', 'The hypervisor connection is closed.')
    current ??= establish()
    const attempt = current
    try {
      return await attempt
    } catch (error) {
      if (current === attempt) current = undefined
      throw new Refusal('unavailable', 'The hypervisor does not answer.', { cause: error })
    }
  }

  const comeBack = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; !closed && watchers.size > 0; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await clock.sleep(pauseMs)
      try {
        await connection()
        return log.info('libvirt is back')
      } catch {
        // Said once when it went away, once when it is back.
      }
    }
  }

  return {
    connection,
    watch: watcher => {
      watchers.add(watcher)
      void connection()
        .then(ready => arrange(watcher, ready))
        .catch(() => void comeBack())
      return { stop: () => void watchers.delete(watcher) }
    },
    close: async () => {
      closed = true
      await current?.then(
        each => each.close(),
        () => {},
      )
    },
  }
}
