import type { DhcpSubnet, DhcpWiring } from '../../contract/dhcp.ts'
import { dhcpDeviceOf, dhcpNamespaceOf, tapOf } from '../../contract/names.ts'
import { versionOf } from '../../contract/addresses.ts'
import { dhcpFiles } from '../dhcp/files.ts'
import { metadataAddress, metadataAddressV6 } from '../router/tables.ts'
import type { HostSetup } from '../setup.ts'
import type { BridgeWish, CableWish, NamespaceWish } from './desired.ts'

/** One namespace for each network whose DHCP is served here, with the server in it. */
export function dhcpNamespace(wiring: DhcpWiring, bridge: BridgeWish, setup: HostSetup): { cable: CableWish; namespace: NamespaceWish } {
  const { networkId, port } = wiring
  const name = dhcpNamespaceOf(networkId)
  const device = dhcpDeviceOf(port.id)
  const metadata = (subnet: DhcpSubnet) => (servesMetadata(subnet, setup) ? addressIn(wiring, subnet) : undefined)
  const hasMetadata = wiring.subnets.some(subnet => servesMetadata(subnet, setup))
  const own = port.fixedIps.map(({ address, prefixLength }) => `${address}/${prefixLength}`)
  const hasDhcp = wiring.subnets.some(subnet => subnet.isDhcpOn)
  return {
    cable: {
      portId: port.id,
      tap: tapOf(port.id),
      bridge: bridge.name,
      mtu: bridge.mtu,
      namespace: name,
      device,
      macAddress: port.macAddress,
    },
    namespace: {
      name,
      subject: networkId,
      settings: { 'net.ipv4.ip_forward': '0', 'net.ipv6.conf.default.accept_ra': '0', 'net.ipv6.conf.all.accept_ra': '0' },
      addresses: [...own, ...(hasMetadata ? [`${metadataAddress}/16`, `${metadataAddressV6}/64`] : [])].map(cidr => ({ device, cidr })),
      routes: defaultRoutes(wiring, device),
      announced: [],
      ...(hasDhcp && {
        dnsmasq: dhcpFiles(wiring, { setup: setup.dhcp, dir: `${setup.stateDir}/dhcp/${networkId}`, device, mtu: bridge.mtu, metadata }),
      }),
      ...(hasMetadata && {
        metadata: {
          addresses: [metadataAddress, `${metadataAddressV6}%${device}`],
          port: 80,
          networkIds: [networkId],
          header: { name: 'X-Neutron-Network-ID' as const, value: networkId },
        },
      }),
    },
  }
}

/** A subnet without a router of ours is alone: nobody else there could answer for metadata. */
const servesMetadata = ({ isDhcpOn, hasRouter }: DhcpSubnet, { dhcp }: HostSetup) =>
  isDhcpOn && (dhcp.forcesMetadata || (dhcp.hasIsolatedMetadata && !hasRouter))

const addressIn = ({ port }: DhcpWiring, { id }: DhcpSubnet) =>
  port.fixedIps.find(({ subnetId, address }) => subnetId === id && versionOf(address) === 4)?.address

/** So that names of the world can be asked for from here. */
function defaultRoutes({ subnets, port }: DhcpWiring, device: string): NamespaceWish['routes'] {
  const gatewayOf = (version: 4 | 6) =>
    subnets.find(({ id, ipVersion, gateway }) => ipVersion === version && gateway && port.fixedIps.some(({ subnetId }) => subnetId === id))
      ?.gateway
  const ways = [
    { destination: '0.0.0.0/0', via: gatewayOf(4) },
    { destination: '::/0', via: gatewayOf(6) },
  ]
  return ways.flatMap(({ destination, via }) => (via === undefined ? [] : [{ destination, via, device }]))
}
