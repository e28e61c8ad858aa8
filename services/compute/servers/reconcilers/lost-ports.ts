import { type ChangesOfNetwork, type LostPort, serverPortKind } from '@kilonova/network/contract/ports.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'

export interface Rooms {
  /** The change log of the network service, where it is in this process. */
  readonly changes: ChangesOfNetwork | undefined
  readonly losePort: (serverId: string, portId: string, cause: Cause) => Promise<void>
  /** Compares all servers with the network. */
  readonly loseGonePorts: (cause: Cause) => Promise<void>
  readonly causeOf: (why: string) => Cause
  readonly log: Log
}

/**
 * Follows what becomes of the ports of servers at the network service: a port that others delete there is a cable that goes. What happened while
 * nobody listened is found by a look at all of them, and so is what the change log keeps no more.
 */
export async function followLostPorts(rooms: Rooms, signal: AbortSignal): Promise<void> {
  const { changes, causeOf } = rooms
  if (!changes) return lookForLostPorts(rooms)
  const since = await changes.head()
  await lookForLostPorts(rooms)
  for await (const { id, act, after } of changes.follow(since, { kinds: [serverPortKind], signal })) {
    if (act !== 'lost' || !isLost(after)) continue
    await losingAloud(rooms)(after.serverId, id, causeOf('pull a cable whose port is gone'))
  }
}

/** Said in the log, from whomever it is heard. */
export const losingAloud =
  ({ losePort, log }: Pick<Rooms, 'losePort' | 'log'>): Rooms['losePort'] =>
  (serverId, portId, cause) => {
    log.warn('a port of a server was deleted: its cable goes', { ...causeFields(cause), instance_id: serverId, port_id: portId })
    return losePort(serverId, portId, cause)
  }

/** All servers are compared with the network. */
export const lookForLostPorts = ({ loseGonePorts, causeOf }: Pick<Rooms, 'loseGonePorts' | 'causeOf'>): Promise<void> =>
  loseGonePorts(causeOf('look for servers whose ports are gone'))

const isLost = (after: object | undefined): after is LostPort => after !== undefined && 'serverId' in after
