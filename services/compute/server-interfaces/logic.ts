import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../servers/server.ts'
import type { ServerInterface } from './server-interface.ts'

export interface Rooms {
  /** The network service; without it no server has a cable. */
  readonly ports?: { ofServers(serverIds: readonly string[]): Promise<ReadonlyMap<string, readonly ServerPort[]>> } | undefined
}

export const interfaceLogic = ({ ports }: Rooms) => {
  const portsOf = async ({ id }: Server): Promise<readonly ServerPort[]> => (await ports?.ofServers([id]))?.get(id) ?? []
  return {
    list: async (server: Server): Promise<readonly ServerInterface[]> => (await portsOf(server)).map(interfaceOf),

    async get(server: Server, portId: string): Promise<ServerInterface> {
      const found = (await portsOf(server)).find(({ id }) => id === portId)
      if (!found) throw new Refusal('not-found', `Instance ${server.id} does not have a port with id ${portId}`)
      return interfaceOf(found)
    },

    /** Cables are plugged in when a server is made. */
    refuseChange: (): never => {
      throw new Refusal(
        ports === undefined ? 'unavailable' : 'not-built',
        ports === undefined ? 'This cloud has no network service.' : 'Cables of a running server cannot be changed.',
      )
    },
  }
}

export type InterfaceLogic = ReturnType<typeof interfaceLogic>

const interfaceOf = ({ id, networkId, macAddress, status, addresses, tag }: ServerPort): ServerInterface => ({
  portId: id,
  networkId,
  macAddress,
  state: status,
  fixedIps: addresses.map(({ address, subnet }) => ({ address, subnetId: subnet.id })),
  tag: tag ?? null,
})
