import type { FixedIp } from '@kilonova/network-agent/contract/wiring.ts'
import type { Landscape, WiredHost, WiredLimit, WiredPort, WiredRule, WiredSubnet } from './landscape.ts'

/** The landscape sorted for looking things up: made once, used for every host. */
export interface Sight extends Landscape {
  readonly hosts: ReadonlyMap<string, WiredHost>
  readonly portsOfNetwork: ReadonlyMap<string, readonly WiredPort[]>
  readonly portsOfHost: ReadonlyMap<string, readonly WiredPort[]>
  readonly portsOfGroup: ReadonlyMap<string, readonly WiredPort[]>
  readonly portsOfRouter: ReadonlyMap<string, readonly WiredPort[]>
  readonly subnetsOfNetwork: ReadonlyMap<string, readonly WiredSubnet[]>
  readonly rulesOfGroup: ReadonlyMap<string, readonly WiredRule[]>
  readonly limitsOfPolicy: ReadonlyMap<string, readonly WiredLimit[]>
}

export function sightOf(land: Landscape, hosts: readonly WiredHost[]): Sight {
  const ports = [...land.ports.values()]
  const memberships = ports.flatMap(port => port.securityGroups.map(group => ({ group, port })))
  return {
    ...land,
    hosts: new Map(hosts.map(host => [host.host, host])),
    portsOfNetwork: Map.groupBy(ports, port => port.networkId),
    portsOfHost: Map.groupBy(
      ports.filter(port => port.bindingVifType === 'bridge'),
      port => port.bindingHostId,
    ),
    portsOfGroup: new Map(
      [...Map.groupBy(memberships, ({ group }) => group)].map(([group, some]) => [group, some.map(({ port }) => port)]),
    ),
    portsOfRouter: Map.groupBy(
      ports.filter(port => port.deviceOwner.startsWith('network:')),
      port => port.deviceId,
    ),
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
