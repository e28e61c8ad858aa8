import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { NetworkWish, Server } from '../servers/server.ts'
import type { ServerInterface } from './server-interface.ts'

export type Rooms = Pick<ServerLogic, 'portsOf' | 'attachPort' | 'detachPort'>
type Asker = Parameters<Rooms['attachPort']>[2]

/** Cables of servers, plugged in and pulled one at a time. */
export const interfaceLogic = ({ portsOf, attachPort, detachPort }: Rooms) => ({
  list: async (server: Server): Promise<readonly ServerInterface[]> => (await portsOf(server)).map(interfaceOf),

  async get(server: Server, portId: string): Promise<ServerInterface> {
    const found = (await portsOf(server)).find(({ id }) => id === portId)
    if (!found) throw new Refusal('not-found', `Instance ${server.id} does not have a port with id ${portId}`)
    return interfaceOf(found)
  },

  async attach(server: Server, wish: NetworkWish, asker: Asker, cause: Cause): Promise<ServerInterface> {
    if (wish.networkId !== undefined && wish.portId !== undefined)
      throw new Refusal('invalid', 'Must not input both network_id and port_id')
    if (wish.fixedIp !== undefined && wish.networkId === undefined)
      throw new Refusal('invalid', 'Must input network_id when request IP address')
    return interfaceOf(await attachPort(server, wish, asker, cause))
  },

  detach: detachPort,
})

export type InterfaceLogic = ReturnType<typeof interfaceLogic>

const interfaceOf = ({ id, networkId, macAddress, status, addresses, tag }: ServerPort): ServerInterface => ({
  portId: id,
  networkId,
  macAddress,
  state: status,
  fixedIps: addresses.map(({ address, subnet }) => ({ address, subnetId: subnet.id })),
  tag: tag ?? null,
})
