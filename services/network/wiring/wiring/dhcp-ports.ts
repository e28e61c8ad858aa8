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
  readonly remove: readonly { readonly portId: string; readonly networkId: string }[]
}

/**
 * One server a network. It stays where it is while its host lives, or else goes to the living host that has the fewest. Its port has an address
 * in every subnet with DHCP. Of these networks; of all unless told.
 */
export function dhcpPortPlan(sight: Sight, living: readonly string[], networkIds: Iterable<string> = allOf(sight)): DhcpPortPlan {
  const make: DhcpPortPlan['make'][number][] = []
  const change: DhcpPortPlan['change'][number][] = []
  const remove: DhcpPortPlan['remove'][number][] = []
  const emptiest = loadOf(sight, living)
  for (const networkId of [...networkIds].sort()) {
    const subnets = (sight.subnetsOfNetwork.get(networkId) ?? []).filter(subnet => subnet.enableDhcp)
    const isServed = subnets.length > 0 && sight.networks.has(networkId)
    const subnetIds = subnets.map(subnet => subnet.id).sort()
    const ports = (sight.portsOfNetwork.get(networkId) ?? []).filter(port => port.deviceOwner === dhcpOwner)
    const [port] = ports
    if (!isServed) remove.push(...ports.map(({ id: portId }) => ({ portId, networkId })))
    else if (living.length === 0) continue
    else if (!port) make.push({ networkId, projectId: subnets[0]?.projectId ?? '', host: emptiest(), subnetIds })
    else {
      const isPlaced = living.includes(port.bindingHostId)
      if (!isPlaced || !isIn(port, subnetIds))
        change.push({ portId: port.id, networkId, subnetIds, host: isPlaced ? port.bindingHostId : emptiest() })
    }
  }
  return { make, change, remove }
}

const allOf = ({ subnetsOfNetwork, networks, portsOfOwner }: Sight): Set<string> =>
  new Set([
    ...[...networks.keys()].filter(id => subnetsOfNetwork.get(id)),
    ...(portsOfOwner.get(dhcpOwner) ?? []).map(port => port.networkId),
  ])

/** Gives the living host that serves the fewest networks, with those that were just given to it. It is counted when first asked for. */
function loadOf({ portsOfOwner }: Sight, living: readonly string[]): () => string {
  let load: Map<string, number> | undefined
  return () => {
    if (load === undefined) {
      load = new Map(living.map(name => [name, 0]))
      for (const { bindingHostId } of portsOfOwner.get(dhcpOwner) ?? []) if (load.has(bindingHostId)) add(load, bindingHostId)
    }
    const [host = ''] = [...load].sort(([a, m], [b, n]) => m - n || a.localeCompare(b))[0] ?? []
    add(load, host)
    return host
  }
}

const add = (load: Map<string, number>, host: string) => load.set(host, (load.get(host) ?? 0) + 1)

const isIn = ({ fixedIps }: WiredPort, subnetIds: readonly string[]) =>
  JSON.stringify([...new Set(fixedIps.map(fixed => fixed.subnetId))].sort()) === JSON.stringify(subnetIds)
