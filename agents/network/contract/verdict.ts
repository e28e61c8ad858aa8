import type { SecurityGroupRule, SecurityGroupWiring } from './firewall.ts'
import type { PortWiring } from './wiring.ts'
import { contains, versionOf } from './addresses.ts'
import { protocolNumberOf } from './protocols.ts'

/** A connection as its first packet began it. */
export interface Flow {
  readonly protocol: number
  readonly source: string
  readonly destination: string
  readonly sourcePort?: number | undefined
  /** With ICMP the type. */
  readonly destinationPort?: number | undefined
  readonly icmpCode?: number | undefined
}

export interface Judging {
  readonly groups: readonly SecurityGroupWiring[]
  /** Whether an address is in the set of that id. */
  readonly isMember: (setId: string, address: string) => boolean
}

/** The rule that lets the flow's first packet through the port in that direction, or nothing. The same rules that the kernel is given. */
export function ruleThatAllows(
  flow: Flow,
  { port, direction }: { port: PortWiring; direction: SecurityGroupRule['direction'] },
  { groups, isMember }: Judging,
): SecurityGroupRule | undefined {
  const remote = direction === 'ingress' ? flow.source : flow.destination
  return groups
    .filter(group => port.securityGroups.includes(group.id))
    .flatMap(group => group.rules)
    .find(rule => rule.direction === direction && matches(rule, flow, { remote, isMember }))
}

interface Remote {
  readonly remote: string
  readonly isMember: Judging['isMember']
}

function matches(rule: SecurityGroupRule, flow: Flow, { remote, isMember }: Remote): boolean {
  if (rule.etherType !== `IPv${versionOf(remote)}`) return false
  const protocol = protocolNumberOf(rule)
  if (protocol !== undefined && protocol !== flow.protocol) return false
  if (rule.remoteCidr !== undefined && !contains(rule.remoteCidr, remote)) return false
  if (rule.remoteSet !== undefined && !isMember(rule.remoteSet, remote)) return false
  return matchesPorts(rule, flow, protocol)
}

function matchesPorts({ portMin, portMax }: SecurityGroupRule, flow: Flow, protocol: number | undefined): boolean {
  if (portMin === undefined || protocol === undefined) return true
  if (protocol === 1 || protocol === 58) return flow.destinationPort === portMin && (portMax === undefined || flow.icmpCode === portMax)
  const port = flow.destinationPort ?? -1
  return port >= portMin && port <= (portMax ?? portMin)
}

/** What passes whatever the rules say: asking for an address, being answered, and what makes IPv6 work. A guest may ask more than it must hear. */
export function isAlwaysAllowed({ protocol, sourcePort, destinationPort = 0 }: Flow, direction: SecurityGroupRule['direction']): boolean {
  if (protocol === 58) return direction === 'egress' ? destinationPort !== 134 : [130, 134, 135, 136].includes(destinationPort)
  if (protocol !== 17) return false
  return dhcpPorts[direction].some(([from, to]) => from === sourcePort && to === destinationPort)
}

const dhcpPorts = {
  egress: [
    [68, 67],
    [546, 547],
  ],
  ingress: [
    [67, 68],
    [547, 546],
  ],
} as const

/** Whether a port is this address: its own, or one it may use besides. */
export const isAddressOf = ({ fixedIps, allowedAddressPairs }: PortWiring, address: string): boolean =>
  fixedIps.some(fixed => fixed.address === address) || allowedAddressPairs.some(pair => contains(pair.ipAddress, address))
