import type { HostWiring, PortWiring } from '@kilonova/network-agent/contract/wiring.ts'
import { dhcpWiring, metadataWiring } from './dhcp.ts'
import { groupWirings } from './groups.ts'
import type { WiredPort } from './landscape.ts'
import { limitsOfPolicy } from './limits.ts'
import { networkWiring } from './networks.ts'
import { dhcpOwner, isOfNetwork } from './owners.ts'
import { routerWiring } from './routers.ts'
import { fixedIpsOf, type Sight } from './sight.ts'

export interface WiringRules {
  /** The domain of guests on networks that have none of their own. */
  readonly domain: string
}

/**
 * How a host is to be wired: by the ports bound to it and the routers given to it. A guest's port brings its network and its groups, a DHCP
 * server's port its server.
 */
export function hostWiring(host: string, sight: Sight, { domain }: WiringRules): HostWiring {
  const bound = [...(sight.portsOfHost.get(host) ?? [])].sort((a, b) => a.id.localeCompare(b.id))
  const guests = bound.filter(port => !isOfNetwork(port.deviceOwner))
  const servers = bound.filter(port => port.deviceOwner === dhcpOwner)
  const routers = [...(sight.routersOfHost.get(host) ?? [])].sort((a, b) => a.id.localeCompare(b.id))
  const routed = routers.flatMap(router => sight.portsOfRouter.get(router.id) ?? []).map(port => port.networkId)
  const networks = [...new Set([...bound.map(port => port.networkId), ...routed])].sort().flatMap(id => sight.networks.get(id) ?? [])
  const { groups, sets } = groupWirings(guests, sight)
  const asked = [...new Set([...servers.map(port => port.networkId), ...routed])].sort()
  return {
    networks: networks.map(network => networkWiring(network, host, sight)),
    ports: guests.map(port => portWiring(port, sight)),
    securityGroups: groups,
    addressSets: sets,
    dhcp: servers.flatMap(port => {
      const network = sight.networks.get(port.networkId)
      return network?.adminStateUp ? [dhcpWiring(port, network, { sight, domain })] : []
    }),
    routers: routers.map(router => routerWiring(router, sight)),
    metadata: asked.map(id => metadataWiring(id, sight)),
  }
}

export const portWiring = (port: WiredPort, sight: Sight): PortWiring => ({
  id: port.id,
  networkId: port.networkId,
  macAddress: port.macAddress,
  fixedIps: fixedIpsOf(port, sight),
  deviceOwner: port.deviceOwner,
  deviceId: port.deviceId,
  isUp: port.adminStateUp,
  hasPortSecurity: port.portSecurityEnabled,
  securityGroups: port.securityGroups,
  allowedAddressPairs: port.allowedAddressPairs.map(({ ipAddress, macAddress }) => ({ ipAddress, macAddress })),
  ...(port.parent && { parent: port.parent }),
  ...logsOf(port, sight),
  ...limitsOf(port, sight),
})

/** The logs of its project that mean this port, or a group it is in, or all. */
function logsOf({ id, projectId, securityGroups }: WiredPort, { logsOfProject }: Sight): Pick<PortWiring, 'logs'> {
  const meant = (logsOfProject.get(projectId) ?? []).filter(
    log => log.enabled && (log.targetId ?? id) === id && (log.resourceId === null || securityGroups.includes(log.resourceId)),
  )
  if (meant.length === 0) return {}
  return {
    logs: meant
      .map(({ id: logId, event, resourceId }) => ({
        ...{ id: logId, accepts: event !== 'DROP', drops: event !== 'ACCEPT' },
        ...(resourceId !== null && { groupId: resourceId }),
      }))
      .sort((a, b) => a.id.localeCompare(b.id)),
  }
}

/** A port's own policy stands before its network's. */
const limitsOf = ({ qosPolicyId, networkId }: WiredPort, sight: Sight) =>
  limitsOfPolicy(qosPolicyId ?? sight.networks.get(networkId)?.qosPolicyId ?? null, sight)
