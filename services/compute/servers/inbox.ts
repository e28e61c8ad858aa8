import { portLost } from '@kilonova/network/contract/lost-ports.ts'
import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import { causeFields } from '@kilonova/platform/log/log.ts'
import type { Rooms } from './reconcilers/lost-ports.ts'

/** What a network service of another process tells of servers. */
export const serversInbox = ({ losePort, log }: Pick<Rooms, 'losePort' | 'log'>): readonly Handler[] => [
  handle(portLost, async ({ serverId, portId }, cause) => {
    log.warn('a port of a server was deleted: its cable goes', { ...causeFields(cause), instance_id: serverId, port_id: portId })
    await losePort(serverId, portId, cause)
  }),
]
