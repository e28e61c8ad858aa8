import type { PortForwardingWiring, RouterInterface, RouterPort, RouterWiring } from '@kilonova/network-agent/contract/router.ts'
import type { WiredPort, WiredRouter } from './landscape.ts'
import { gatewayOwner, isRouterInterface } from './owners.ts'
import { fixedIpsOf, type Sight } from './sight.ts'

/** A router with its ports, as it is served on one host. */
export function routerWiring(router: WiredRouter, sight: Sight): RouterWiring {
  const ports = sight.portsOfRouter.get(router.id) ?? []
  const gateway = ports.find(port => port.deviceOwner === gatewayOwner)
  return {
    id: router.id,
    projectId: router.projectId,
    isUp: router.adminStateUp,
    interfaces: ports.filter(port => isRouterInterface(port.deviceOwner)).map(port => routerInterface(port, sight)),
    ...(gateway && { gateway: { ...routerPort(gateway, sight), nexthops: nexthopsOf(gateway, sight), hasSnat: router.enableSnat } }),
    floatingIps: router.floatingIps.map(({ id, address, fixedAddress }) => ({ id, address, fixedAddress })),
    portForwardings: router.portForwardings.map(one => ({ ...one, protocol: one.protocol as PortForwardingWiring['protocol'] })),
    routes: router.routes,
    ...(router.trackers.length > 0 && { trackers: router.trackers }),
    ...(router.proxied.length > 0 && { proxied: router.proxied }),
  }
}

const routerPort = (port: WiredPort, sight: Sight): RouterPort => ({
  portId: port.id,
  networkId: port.networkId,
  macAddress: port.macAddress,
  fixedIps: fixedIpsOf(port, sight),
})

const routerInterface = (port: WiredPort, sight: Sight): RouterInterface => ({
  ...routerPort(port, sight),
  subnets: port.fixedIps.flatMap(({ subnetId }) => {
    const subnet = sight.subnets.get(subnetId)
    if (!subnet) return []
    const { id, cidr, ipVersion, dnsNameservers, ipv6RaMode } = subnet
    return [{ id, cidr, ipVersion, nameServers: dnsNameservers, ...(ipv6RaMode !== null && { ipv6RaMode }) }]
  }),
})

const nexthopsOf = (gateway: WiredPort, { subnets }: Sight): readonly string[] =>
  gateway.fixedIps.flatMap(({ subnetId }) => subnets.get(subnetId)?.gatewayIp ?? [])
