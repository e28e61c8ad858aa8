import type {
  PortForwardingWiring,
  RouterGateway,
  RouterInterface,
  RouterPort,
  RouterWiring,
} from '@kilonova/network-agent/contract/router.ts'
import { gatewayOn, gatewaysOf, type WiredGateway } from './gateways.ts'
import type { WiredPort, WiredRouter } from './landscape.ts'
import { isRouterInterface } from './owners.ts'
import { limitsOfPolicy } from './limits.ts'
import { fixedIpsOf, type Sight } from './sight.ts'

/** A router with its ports, as it is served on one host. */
export function routerWiring(router: WiredRouter, sight: Sight): RouterWiring {
  const ports = sight.portsOfRouter.get(router.id) ?? []
  const gateways = gatewaysOf(router, sight)
  const [first, ...extra] = gateways.map(gateway => routerGateway(gateway, sight))
  const by = (networkId: string) => {
    const portId = gatewayOn(gateways, networkId)?.port.id
    return portId === undefined || portId === first?.portId ? {} : { gatewayPortId: portId }
  }
  return {
    id: router.id,
    projectId: router.projectId,
    isUp: router.adminStateUp,
    interfaces: ports.filter(port => isRouterInterface(port.deviceOwner)).map(port => routerInterface(port, sight)),
    ...(first && { gateway: first }),
    ...(extra.length > 0 && { extraGateways: extra }),
    floatingIps: router.floatingIps.map(({ id, address, fixedAddress, networkId, qosPolicyId }) => ({
      ...{ id, address, fixedAddress },
      ...by(networkId),
      ...bandwidthOf(qosPolicyId, sight),
    })),
    portForwardings: router.portForwardings.map(({ networkId, ...one }) => ({
      ...one,
      protocol: one.protocol as PortForwardingWiring['protocol'],
      ...by(networkId),
    })),
    routes: router.routes,
    ...(router.trackers.length > 0 && { trackers: router.trackers }),
    ...(router.proxied.length > 0 && { proxied: router.proxied }),
  }
}

const routerGateway = ({ port, hasSnat, qosPolicyId }: WiredGateway, sight: Sight): RouterGateway => ({
  ...routerPort(port, sight),
  nexthops: nexthopsOf(port, sight),
  hasSnat,
  ...bandwidthOf(qosPolicyId, sight),
})

const bandwidthOf = (policyId: string | null, sight: Sight) => {
  const { bandwidth } = limitsOfPolicy(policyId, sight)
  return bandwidth.length > 0 ? { bandwidth } : {}
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
