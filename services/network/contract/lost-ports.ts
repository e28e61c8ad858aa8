import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { tell } from '@kilonova/platform/bus/message.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { type ChangesOfNetwork, type LostPort, serverPortKind } from './ports.ts'

/** Where conductors of other processes hear of ports that are gone: one of them takes each message, and messages wait while none is there. */
export const lostPortsAddress = 'conductor.lost-ports'
export const portLost = tell<LostPort & { readonly portId: string }>('network.portLost', 1)

export interface TellingRooms {
  readonly changes: ChangesOfNetwork
  readonly bus: Pick<Bus, 'tell'>
  newCause(why: string): Cause
  /** What could not be told: compute finds it at its next look at all servers. */
  unheard(error: unknown): void
}

/** Compute follows the network's changes where it is in the same process; conductors elsewhere are told of what they follow them for. */
export function tellLostPorts({ changes, bus, newCause, unheard }: TellingRooms): { stop(): Promise<void> } {
  const ended = new AbortController()
  const follow = async () => {
    for await (const { id, act, after } of changes.follow(await changes.head(), { kinds: [serverPortKind], signal: ended.signal })) {
      if (act !== 'lost' || after === undefined || !('serverId' in after)) continue
      const lost = { serverId: String(after.serverId), portId: id }
      await bus.tell(portLost, lostPortsAddress, lost, { cause: newCause('tell of a port that is gone') }).catch(unheard)
    }
  }
  const following = follow().catch(unheard)
  return {
    stop: async () => {
      ended.abort()
      await following
    },
  }
}
