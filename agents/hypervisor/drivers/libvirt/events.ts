import { isGuestName } from '../../contract/guest.ts'
import type { GuestChange } from '../driver.ts'
import type { Connection } from './connection.ts'
import { readDomain } from './domains.ts'
import { procedures } from './rpc/procedures.ts'
import { XdrWriter } from './rpc/xdr.ts'
import type { Session } from './session.ts'

type Follower = (changed: GuestChange | undefined) => void

const lifecycle = 0
const words = ['defined', 'undefined', 'started', 'suspended', 'resumed', 'stopped', 'shutdown', 'pm-suspended', 'crashed']

/**
 * What happens to our guests, as libvirt tells it, to any number of followers. Each connection is asked anew for its events, once, and followers
 * then hear `undefined`: something may have happened while nobody listened.
 */
export function lifecycleOf(session: Session): (run: Follower) => { stop(): void } {
  const followers = new Set<Follower>()
  const asked = new WeakMap<Connection, number>()
  let watching: { stop(): void } | undefined

  const tell = (changed: GuestChange | undefined): void => {
    for (const run of [...followers]) run(changed)
  }

  const listen = async (connection: Connection): Promise<void> => {
    connection.onMessage(procedures.eventLifecycle, reader => {
      if (reader.i32() !== asked.get(connection)) return
      const domain = readDomain(reader)
      const what = words[reader.i32()] ?? 'changed'
      if (isGuestName(domain.name)) tell({ uuid: domain.uuid, name: domain.name, what })
    })
    const body = new XdrWriter().i32(lifecycle).u32(0)
    asked.set(connection, await connection.call(procedures.eventRegister, body, reader => reader.i32()))
    tell(undefined)
  }

  const stop = (run: Follower): void => {
    followers.delete(run)
    if (followers.size > 0) return
    watching?.stop()
    watching = undefined
  }

  return run => {
    followers.add(run)
    watching ??= session.watch(listen)
    return { stop: () => stop(run) }
  }
}
