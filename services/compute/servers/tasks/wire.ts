import type { NetworkDoor, ServerOfPorts, ServerPort } from '@kilonova/network/contract/ports.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Turn } from '@kilonova/platform/tasks/task.ts'
import type { Server, ServerNic } from '../server.ts'
import type { TaskRooms } from './rooms.ts'
import { iso, mustFind } from './settle.ts'

interface Placed {
  readonly serverId: string
  readonly host: string
}

/** Its ports are made or taken over, and plugged in on its host. Without a network service a server has none. */
export async function wire({ serverId, host }: Placed, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { store, write, network, zoneOf, clock } = rooms
  const server = await mustFind(store, serverId)
  if (!network || server.request.networks === 'none') return
  const zone = await zoneOf(host)
  const ports = await network.ports.allocateForServer(owner(server, zone), server.request.networks, cause)
  const ids = ports.map(({ id }) => id)
  const bound = ids.length === 0 ? [] : await bind(network, ids, host, cause)
  await write(cause, async tx => {
    const found = await mustFind(store, serverId, tx.read)
    const taskState = found.taskState === 'deleting' ? found.taskState : 'networking'
    await store.update(tx, { ...found, taskState, nics: bound.map(nicOf), updatedAt: iso(clock) }, 'wired')
  })
}

/** A host whose agent is just beginning can be bound to a little later: that is tried again, for a while. */
export async function bind(network: Pick<NetworkDoor, 'ports'>, portIds: readonly string[], host: string, cause: Turn['cause']) {
  const bound = await network.ports.bind(portIds, host, cause)
  const failed = bound.find(({ vifType }) => vifType === 'binding_failed')
  if (failed)
    throw new Refusal('unavailable', `Binding failed for port ${failed.id}, please check neutron logs for more information.`, {
      ...{ code: 'PortBindingFailed', extra: { host } },
    })
  return bound
}

export async function unwire({ serverId }: Pick<Placed, 'serverId'>, { network }: TaskRooms, { cause }: Turn): Promise<void> {
  await network?.ports.deleteFor(serverId, cause)
}

/** Who is told that a server is there may talk to it. */
export async function awaitWired({ serverId }: Pick<Placed, 'serverId'>, { store, network, plugging }: TaskRooms): Promise<void> {
  const { timeoutMs, isFatal } = plugging()
  if (!network || timeoutMs === 0) return
  const { nics } = await mustFind(store, serverId)
  const missing = await network.ports.awaitWired(
    nics.map(({ portId }) => portId),
    timeoutMs,
  )
  if (missing.length > 0 && isFatal)
    throw new Refusal('unavailable', 'Virtual Interface creation failed', { code: 'VirtualInterfaceCreateException' })
}

/**
 * The same cables on another host, or on the same one again, as the network has them now: a port that others deleted is no cable any more. One
 * that cannot be bound is told of.
 */
export const rewire = (server: Server, host: string, rooms: Pick<TaskRooms, 'network'>, { cause }: Turn): Promise<readonly ServerNic[]> =>
  turned(server, host, rooms, (network, ids) => bind(network, ids, host, cause))

/** On the way back, which nothing stops. */
export const rewireBack = (
  server: Server,
  host: string,
  rooms: Pick<TaskRooms, 'network'>,
  { cause }: Turn,
): Promise<readonly ServerNic[]> => turned(server, host, rooms, ({ ports }, ids) => ports.bind(ids, host, cause))

type Binding = (network: Pick<NetworkDoor, 'ports'>, portIds: readonly string[]) => Promise<readonly ServerPort[]>

async function turned(server: Server, host: string, { network }: Pick<TaskRooms, 'network'>, binding: Binding) {
  if (!network || server.nics.length === 0) return server.nics
  const known = (await network.ports.ofServers([server.id])).get(server.id) ?? []
  const there = server.nics.flatMap(({ portId }) => known.find(({ id }) => id === portId) ?? [])
  if (there.every(port => port.host === host && port.vifType === 'bridge')) return there.map(nicOf)
  const ids = there.map(({ id }) => id)
  return (await binding(network, ids)).map(nicOf)
}

export const owner = (server: Server, availabilityZone: string): ServerOfPorts => ({
  ...{ id: server.id, projectId: server.projectId, name: server.hostname },
  ...{ availabilityZone, securityGroups: server.request.securityGroups, seesAll: server.request.seesAllNetworks },
})

export const nicOf = (port: ServerPort): ServerNic => ({
  ...{ portId: port.id, networkId: port.networkId, label: port.networkName, macAddress: port.macAddress, mtu: port.mtu },
  ...(port.tag === undefined ? {} : { tag: port.tag }),
  addresses: port.addresses.flatMap(({ address, version, floating }) => [
    { address, version, type: 'fixed' as const },
    ...floating.map(one => ({ address: one, version: 4 as const, type: 'floating' as const })),
  ]),
})
