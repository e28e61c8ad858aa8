import { everybody, where } from '../../listings/listing.ts'
import type { Port } from '../../ports/port/port.ts'
import type { Rooms } from './rooms.ts'

/** Waits until ports are plugged in, as the change log tells; gives those that are not when the time is up. */
export function awaitWired({ changes, clock, ports }: Pick<Rooms, 'changes' | 'clock' | 'ports'>) {
  return async (portIds: readonly string[], deadlineMs: number): Promise<readonly string[]> => {
    const ended = new AbortController()
    const timer = clock.after(deadlineMs, () => ended.abort())
    try {
      const since = await changes.head()
      const found = portIds.length === 0 ? [] : await ports.list(where({ id: portIds }), everybody)
      const open = new Set(found.filter(isAwaited).map(({ id }) => id))
      if (open.size === 0) return []
      for await (const change of changes.follow(since, { signal: ended.signal, kinds: ['network.port'] })) {
        if (change.act === 'deleted' || !isAwaited(change.after as Port)) open.delete(change.id)
        if (open.size === 0) break
      }
      return [...open]
    } finally {
      timer.stop()
      ended.abort()
    }
  }
}

const isAwaited = ({ status, bindingVifType, adminStateUp }: Pick<Port, 'status' | 'bindingVifType' | 'adminStateUp'>): boolean =>
  status !== 'ACTIVE' && bindingVifType === 'bridge' && adminStateUp
