import type { FixedIp } from '@kilonova/network-agent/contract/wiring.ts'
import type { Landscape, WiredHost, WiredLimit, WiredPort, WiredRule, WiredSubnet } from './landscape.ts'
import { keptPortGroups, type PortGroups } from './port-groups.ts'

/** The landscape sorted for looking things up: made once, used for every host. */
export interface Sight extends Landscape, PortGroups {
  readonly hosts: ReadonlyMap<string, WiredHost>
  readonly subnetsOfNetwork: ReadonlyMap<string, readonly WiredSubnet[]>
  readonly rulesOfGroup: ReadonlyMap<string, readonly WiredRule[]>
  readonly limitsOfPolicy: ReadonlyMap<string, readonly WiredLimit[]>
}

/** `groups` are those of the landscape's ports, where somebody keeps them. */
export function sightOf(land: Landscape, hosts: readonly WiredHost[], groups: PortGroups = keptPortGroups(land.ports.values())): Sight {
  const { portsOfNetwork, portsOfHost, portsOfGroup, portsOfRouter, portsOfOwner } = groups
  return {
    ...land,
    ...{ portsOfNetwork, portsOfHost, portsOfGroup, portsOfRouter, portsOfOwner },
    hosts: new Map(hosts.map(host => [host.host, host])),
    subnetsOfNetwork: Map.groupBy(land.subnets.values(), subnet => subnet.networkId),
    rulesOfGroup: Map.groupBy(land.rules.values(), rule => rule.securityGroupId),
    limitsOfPolicy: Map.groupBy(land.limits.values(), limit => limit.policyId),
  }
}

/** Addresses with the length of their subnet's network. One whose subnet is gone is gone. */
export const fixedIpsOf = (port: WiredPort, { subnets }: Pick<Landscape, 'subnets'>): readonly FixedIp[] =>
  port.fixedIps.flatMap(({ subnetId, ipAddress }) => {
    const length = subnets.get(subnetId)?.cidr.split('/')[1]
    return length === undefined ? [] : [{ subnetId, address: ipAddress, prefixLength: Number(length) }]
  })
