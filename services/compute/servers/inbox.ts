import { portLost } from '@kilonova/network/contract/lost-ports.ts'
import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import type { Rooms } from './reconcilers/lost-ports.ts'

/** What a network service of another process tells of servers. */
export const serversInbox = ({ losePort }: Pick<Rooms, 'losePort'>): readonly Handler[] => [
  handle(portLost, ({ serverId, portId }, cause) => losePort(serverId, portId, cause)),
]
