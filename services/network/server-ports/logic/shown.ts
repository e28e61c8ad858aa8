import type { ServerPort } from '../../contract/ports.ts'
import { everybody, where } from '../../listings/listing.ts'
import { bridgeNameOf, type Network } from '../../networks/network/network.ts'
import { type Port, tapNameOf } from '../../ports/port/port.ts'
import type { Subnet } from '../../subnets/subnet/subnet.ts'
import type { Seat } from '../server-port.ts'
import type { Rooms } from './rooms.ts'

/** Ports as compute sees them, with what it needs of their networks. */
export function shownPorts({ store, networks, subnets, ports }: Pick<Rooms, 'store' | 'networks' | 'subnets' | 'ports'>) {
  async function shown(seats: readonly Seat[], found: readonly Port[]): Promise<readonly ServerPort[]> {
    const ids = found.map(({ id }) => id)
    const networkIds = [...new Set(found.map(({ networkId }) => networkId))]
    const nets = networkIds.length === 0 ? [] : await networks.list(where({ id: networkIds }), everybody)
    const subs = networkIds.length === 0 ? [] : await subnets.list(where({ network_id: networkIds }), everybody)
    const floating = await store.floatingOf(ids)
    const names = await store.groupNames([...new Set(found.flatMap(({ securityGroups: groups }) => groups))])
    return seats.flatMap(one => {
      const port = found.find(({ id }) => id === one.portId)
      const network = port && nets.find(({ id }) => id === port.networkId)
      return port && network ? [viewOf(port, one, { network, subs, floating, names })] : []
    })
  }

  /** What a server has, besides its seats: ports that were given to it by hand are its too. */
  async function ofServers(serverIds: readonly string[]): Promise<ReadonlyMap<string, readonly ServerPort[]>> {
    if (serverIds.length === 0) return new Map()
    const seats = await store.ofServers(serverIds)
    const found = (await ports.list(where({ device_id: serverIds }), everybody)).filter(({ deviceOwner }) =>
      deviceOwner.startsWith('compute:'),
    )
    const seated = new Set(seats.map(({ portId }) => portId))
    const beside = found
      .filter(({ id }) => !seated.has(id))
      .map(({ id, deviceId }) => ({ portId: id, serverId: deviceId, position: seats.length, tag: null, isPreserved: true, ticket: null }))
    const views = await shown([...seats, ...beside], found)
    return Map.groupBy(views, view => view.serverId)
  }

  const ofPorts = async (portIds: readonly string[]): Promise<readonly ServerPort[]> => {
    const found = portIds.length === 0 ? [] : await ports.list(where({ id: portIds }), everybody)
    const views = [...(await ofServers([...new Set(found.map(({ deviceId }) => deviceId))])).values()].flat()
    return portIds.flatMap(id => views.find(view => view.id === id) ?? [])
  }

  return { ofServers, ofPorts }
}

interface Around {
  readonly network: Network
  readonly subs: readonly Subnet[]
  readonly floating: ReadonlyMap<string, readonly string[]>
  readonly names: ReadonlyMap<string, string>
}

const viewOf = (port: Port, seat: Seat, { network, subs, floating, names }: Around): ServerPort => ({
  id: port.id,
  serverId: port.deviceId,
  projectId: port.projectId,
  networkId: port.networkId,
  networkName: network.name,
  macAddress: port.macAddress,
  mtu: network.mtu,
  status: port.status === 'N/A' ? 'DOWN' : port.status,
  isUp: port.adminStateUp,
  host: port.bindingHostId,
  vnicType: port.bindingVnicType,
  vifType: port.bindingVifType,
  tapName: tapNameOf(port.id),
  bridgeName: bridgeNameOf(port.networkId),
  isPreserved: seat.isPreserved,
  hasPortSecurity: port.portSecurityEnabled,
  addresses: port.fixedIps.flatMap(({ subnetId, ipAddress }) => {
    const subnet = subs.find(({ id }) => id === subnetId)
    if (!subnet) return []
    return [
      { address: ipAddress, version: subnet.ipVersion, subnet: factsOf(subnet), floating: floating.get(`${port.id} ${ipAddress}`) ?? [] },
    ]
  }),
  securityGroups: port.securityGroups.map(id => ({ id, name: names.get(id) ?? id })),
  tag: seat.tag ?? undefined,
})

const factsOf = (subnet: Subnet) => ({
  id: subnet.id,
  cidr: subnet.cidr,
  version: subnet.ipVersion,
  gateway: subnet.gatewayIp,
  dns: subnet.dnsNameservers,
  routes: subnet.hostRoutes,
  hasDhcp: subnet.enableDhcp,
  ipv6AddressMode: subnet.ipv6AddressMode,
})
