import type { WiredPort } from './landscape.ts'
import { dhcpOwner } from './owners.ts'
import type { Sight } from './sight.ts'

/** What is to be done so that every network with DHCP has a server on a living host. */
export interface DhcpPortPlan {
  readonly make: readonly {
    readonly networkId: string
    readonly projectId: string
    readonly host: string
    readonly subnetIds: readonly string[]
  }[]
  readonly change: readonly {
    readonly portId: string
    readonly networkId: string
    readonly host: string
    readonly subnetIds: readonly string[]
  }[]
  readonly remove: readonly string[]
}

/**
 * One server a network. It stays where it is while its host lives, or else goes to the living host that has the fewest. Its port has an address
 * in every subnet with DHCP.
 */
export function dhcpPortPlan(sight: Sight, living: readonly string[]): DhcpPortPlan {
  const ports = sight.portsOfOwner.get(dhcpOwner) ?? []
  const byNetwork = Map.groupBy(ports, port => port.networkId)
  const load = new Map(living.map(host => [host, 0]))
  for (const { bindingHostId: host } of ports) if (load.has(host)) load.set(host, (load.get(host) ?? 0) + 1)
  const served = [...sight.subnetsOfNetwork].flatMap(([networkId, subnets]) => {
    const subnetIds = subnets.filter(subnet => subnet.enableDhcp).map(subnet => subnet.id)
    return subnetIds.length === 0 || !sight.networks.has(networkId)
      ? []
      : [{ networkId, projectId: subnets[0]?.projectId ?? '', subnetIds: subnetIds.sort() }]
  })
  const isServed = new Set(served.map(({ networkId }) => networkId))
  const remove = ports.filter(port => !isServed.has(port.networkId)).map(port => port.id)
  if (living.length === 0) return { make: [], change: [], remove }
  return {
    make: served
      .filter(({ networkId }) => !byNetwork.has(networkId))
      .map(({ networkId, projectId, subnetIds }) => ({ networkId, projectId, subnetIds, host: emptiest(load) })),
    change: served.flatMap(({ networkId, subnetIds }) => {
      const port = byNetwork.get(networkId)?.[0]
      if (!port || (load.has(port.bindingHostId) && isIn(port, subnetIds))) return []
      return [{ portId: port.id, networkId, subnetIds, host: load.has(port.bindingHostId) ? port.bindingHostId : emptiest(load) }]
    }),
    remove,
  }
}

function emptiest(load: Map<string, number>): string {
  const [host = '', count = 0] = [...load].sort(([a, m], [b, n]) => m - n || a.localeCompare(b))[0] ?? []
  load.set(host, count + 1)
  return host
}

const isIn = ({ fixedIps }: WiredPort, subnetIds: readonly string[]) =>
  JSON.stringify([...new Set(fixedIps.map(fixed => fixed.subnetId))].sort()) === JSON.stringify(subnetIds)
