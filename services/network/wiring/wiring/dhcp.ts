import type { DhcpHost, DhcpSubnet, DhcpWiring } from '@kilonova/network-agent/contract/dhcp.ts'
import type { MetadataWiring } from '@kilonova/network-agent/contract/wiring.ts'
import type { WiredNetwork, WiredPort, WiredSubnet } from './landscape.ts'
import { dhcpOwner, isOfGuest, isRouterInterface } from './owners.ts'
import { fixedIpsOf, type Sight } from './sight.ts'

/** DHCP for a network, as it is served under this port. */
export function dhcpWiring(port: WiredPort, network: WiredNetwork, { sight, domain }: { sight: Sight; domain: string }): DhcpWiring {
  const ports = sight.portsOfNetwork.get(network.id) ?? []
  const subnets = sight.subnetsOfNetwork.get(network.id) ?? []
  return {
    networkId: network.id,
    port: { id: port.id, macAddress: port.macAddress, fixedIps: fixedIpsOf(port, sight) },
    domain: withoutDot(domain),
    subnets: subnets.map(subnet => dhcpSubnet(subnet, ports)).sort((a, b) => a.id.localeCompare(b.id)),
    hosts: ports.filter(mayAsk).map(each => dhcpHost(each, sight)),
  }
}

const withoutDot = (domain: string) => domain.replace(/\.$/, '')

/** Servers of the network's own know their addresses. */
const mayAsk = ({ deviceOwner, fixedIps }: WiredPort) => fixedIps.length > 0 && deviceOwner !== dhcpOwner && !isRouterInterface(deviceOwner)

function dhcpSubnet(subnet: WiredSubnet, ports: readonly WiredPort[]): DhcpSubnet {
  const addressesIn = (some: readonly WiredPort[]) =>
    some.flatMap(port => port.fixedIps.filter(fixed => fixed.subnetId === subnet.id).map(fixed => fixed.ipAddress))
  const routers = addressesIn(ports.filter(port => isRouterInterface(port.deviceOwner)))
  return {
    id: subnet.id,
    cidr: subnet.cidr,
    ipVersion: subnet.ipVersion,
    isDhcpOn: subnet.enableDhcp,
    ...(subnet.gatewayIp !== null && { gateway: subnet.gatewayIp }),
    nameServers: subnet.dnsNameservers,
    hostRoutes: subnet.hostRoutes.map(({ destination, nexthop }) => ({ destination, nexthop })),
    ...(subnet.ipv6AddressMode !== null && { ipv6AddressMode: subnet.ipv6AddressMode }),
    ...(subnet.ipv6RaMode !== null && { ipv6RaMode: subnet.ipv6RaMode }),
    hasRouter: subnet.gatewayIp !== null && routers.includes(subnet.gatewayIp),
    dhcpAddresses: addressesIn(ports.filter(port => port.deviceOwner === dhcpOwner)),
  }
}

const dhcpHost = (port: WiredPort, sight: Sight): DhcpHost => ({
  portId: port.id,
  macAddress: port.macAddress,
  ...(port.dnsName !== '' && { dnsName: port.dnsName }),
  fixedIps: fixedIpsOf(port, sight),
  options: port.extraDhcpOpts.map(({ name, value, ipVersion }) => ({ name, value, ipVersion })),
})

/** Whose metadata is meant by which address of a network. */
export const metadataWiring = (networkId: string, { portsOfNetwork }: Sight): MetadataWiring => ({
  networkId,
  instances: (portsOfNetwork.get(networkId) ?? [])
    .filter(port => isOfGuest(port.deviceOwner))
    .map(port => ({
      addresses: port.fixedIps.map(fixed => fixed.ipAddress),
      macAddress: port.macAddress,
      instanceId: port.deviceId,
      projectId: port.projectId,
    })),
})
