import { lostPortsAddress } from '@kilonova/network/contract/lost-ports.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { every } from '@kilonova/platform/every.ts'
import { serversInbox } from '../servers/inbox.ts'
import { followLostPorts, lookForLostPorts, losingAloud, type Rooms } from '../servers/reconcilers/lost-ports.ts'

/** How often servers are compared with the network where its changes cannot be followed, and where they could not be for a while. */
const lookMs = 600_000

/** Servers lose the cables whose ports are deleted, for as long as this process conducts. */
export function keepCables(rooms: Rooms & { readonly bus: Pick<Bus, 'serve'> }, clock: Pick<Clock, 'after'>) {
  const ended = new AbortController()
  const unseen = (error: unknown) => rooms.log.warn('ports of servers that are gone could not be looked for', { error })
  // Where the network service is in another process, it tells what can be followed in this one.
  const hearing = rooms.changes
    ? undefined
    : rooms.bus.serve(lostPortsAddress, serversInbox({ losePort: losingAloud(rooms) })).catch(unseen)
  const following = followLostPorts(rooms, ended.signal).catch(unseen)
  const timer = every(clock, lookMs, () => lookForLostPorts(rooms), unseen)
  return {
    stop: async () => {
      ended.abort()
      timer.stop()
      await (await hearing)?.stop()
      await following
    },
  }
}
