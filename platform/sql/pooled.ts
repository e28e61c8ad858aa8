import type { Clock } from '../clock.ts'
import { Pool, type Pooled } from './pool.ts'
import type { Engine, Session, Statement } from './session.ts'

interface Rooms<S extends Session & Pooled> {
  readonly clock: Clock
  readonly size: number
  readonly connect: (mode: 'read' | 'write') => Promise<S>
}

/**
 * The half of an engine that is the same for every server: sessions that write and sessions that only read, in a pool each. With one pool for
 * both, transactions that read outside of themselves could wait for one another for ever.
 */
export function pooled<S extends Session & Pooled>({
  clock,
  size,
  connect,
}: Rooms<S>): Pick<Engine, 'read' | 'begin' | 'lend' | 'giveBack' | 'close'> {
  const ping = (session: S) => session.run({ sql: 'select 1', parameters: [] })
  const writers = new Pool<S>({ clock, size, ping, connect: () => connect('write') })
  const readers = new Pool<S>({ clock, size, ping, connect: () => connect('read') })
  return {
    read: async <R>(statement: Statement) => {
      const session = await readers.lend()
      try {
        return await session.run<R>(statement)
      } finally {
        readers.giveBack(session, session.dead)
      }
    },
    begin: async session => {
      await session.run({ sql: 'begin', parameters: [] })
    },
    lend: () => writers.lend(),
    giveBack: async (session, broken) => writers.giveBack(session as S, broken),
    close: async () => {
      await Promise.all([writers.close(), readers.close()])
    },
  }
}
