import type { Clock } from '@kilonova/platform/clock.ts'
import { every } from '@kilonova/platform/every.ts'
import { followLostPorts, lookForLostPorts, type Rooms } from '../servers/reconcilers/lost-ports.ts'

/** How often servers are compared with the network where its changes cannot be followed, and where they could not be for a while. */
const lookMs = 600_000

/** Servers lose the cables whose ports are deleted, for as long as this process conducts. */
export function keepCables(rooms: Rooms, clock: Pick<Clock, 'after'>) {
  const ended = new AbortController()
  const unseen = (error: unknown) => rooms.log.warn('ports of servers that are gone could not be looked for', { error })
  const following = followLostPorts(rooms, ended.signal).catch(unseen)
  const timer = every(clock, lookMs, () => lookForLostPorts(rooms), unseen)
  return {
    stop: async () => {
      ended.abort()
      timer.stop()
      await following
    },
  }
}
