import type { SecurityGroupRule, SecurityGroupWiring } from '../../contract/firewall.ts'
import type { PortWiring } from '../../contract/wiring.ts'
import { linkLocalOf, networkOf, parseCidr, versionOf } from '../../contract/addresses.ts'
import { protocolMatch } from '../../contract/protocols.ts'
import { setNameOf } from './sets.ts'

/** A chain by its name, and its rules as iptables reads them, without `-A name`. */
export interface Chain {
  readonly name: string
  readonly rules: readonly string[]
}

export type Version = 4 | 6

export interface PortFilter {
  readonly port: PortWiring
  readonly groups: readonly SecurityGroupWiring[]
  readonly prefix: string
}

export const chainOf = (prefix: string, direction: 'i' | 'o' | 's', portId: string): string =>
  `${prefix}-${direction}${portId.slice(0, 10)}`

/** What comes to the guest, what goes from it, and that it says nothing under the name of another. A chain returns what it lets pass. */
export function portChains({ port, groups, prefix }: PortFilter, version: Version): readonly Chain[] {
  const rulesOf = (direction: SecurityGroupRule['direction']) => [
    ...acceptLogs({ port, groups, prefix }, direction, version),
    ...groupRules(groups, direction, version),
  ]
  const fallback = [`-m state --state INVALID -j DROP`, ...dropLogs(port), `-j ${prefix}-sg-fallback`]
  const established = '-m state --state RELATED,ESTABLISHED -j RETURN'
  const spoof = chainOf(prefix, 's', port.id)
  return [
    {
      name: chainOf(prefix, 'i', port.id),
      rules: [...(version === 4 ? dhcpAnswers(port) : ipv6Basics), established, ...rulesOf('ingress'), ...fallback],
    },
    {
      name: chainOf(prefix, 'o', port.id),
      rules: [...beforeAddress[version], `-j ${spoof}`, ...afterAddress[version], established, ...rulesOf('egress'), ...fallback],
    },
    { name: spoof, rules: [...pairsOf(port, version), '-j DROP'] },
  ]
}

/** Of a port whose rules cannot be loaded: nothing passes, or else everything would. */
export const shutChains = (prefix: string, portId: string): readonly Chain[] =>
  (['i', 'o', 's'] as const).map(direction => ({
    name: chainOf(prefix, direction, portId),
    rules: [direction === 's' ? '-j DROP' : `-j ${prefix}-sg-fallback`],
  }))

/** Rules of several groups may say the same; the same twice costs time only. */
const groupRules = (groups: readonly SecurityGroupWiring[], direction: SecurityGroupRule['direction'], version: Version) => [
  ...new Set(
    groups
      .flatMap(group => group.rules)
      .filter(rule => rule.direction === direction && rule.etherType === `IPv${version}`)
      .map(rule => ruleText(rule, version)),
  ),
]

/** Enough to see what goes on, and too little to fill the host's log. */
const written = (id: string, event: 'ACCEPT' | 'DROP') =>
  `-m limit --limit 100/sec --limit-burst 25 -j LOG --log-prefix "${id.slice(0, 11)} ${event} "`

/** What no rule lets through comes to the end of the chain, and is written down there. */
const dropLogs = ({ logs = [] }: PortWiring) => logs.filter(({ drops }) => drops).map(({ id }) => written(id, 'DROP'))

/** Whatever a rule is about to let through is written down before it. */
const acceptLogs = ({ port: { logs = [] }, groups }: PortFilter, direction: SecurityGroupRule['direction'], version: Version) =>
  logs
    .filter(({ accepts }) => accepts)
    .flatMap(({ id, groupId }) =>
      groupRules(
        groups.filter(group => groupId === undefined || group.id === groupId),
        direction,
        version,
      ).map(rule => rule.replace(/-j RETURN$/, written(id, 'ACCEPT'))),
    )

export function ruleText(rule: SecurityGroupRule, version: Version): string {
  const [address, inSet] = rule.direction === 'ingress' ? ['-s', 'src'] : ['-d', 'dst']
  const cidr = rule.remoteCidr === undefined || rule.remoteCidr.endsWith('/0') ? [] : [address, networkOf(rule.remoteCidr)]
  const set = rule.remoteSet === undefined ? [] : [`-m set --match-set ${setNameOf(rule.remoteSet, version)} ${inSet}`]
  return [...cidr, ...protocolMatch(rule), ...set, '-j RETURN'].join(' ')
}

/** Answers of DHCP servers reach every guest, whatever its groups say: without an address nothing else works. */
const dhcpAnswers = ({ fixedIps }: PortWiring) =>
  ['255.255.255.255', ...fixedIps.map(({ address }) => address).filter(address => versionOf(address) === 4)].map(
    address => `-d ${address}/32 -p udp -m udp --sport 67 --dport 68 -j RETURN`,
  )

/** Listener queries, router and neighbour advertisements, neighbour solicitations: without these there is no IPv6. */
const ipv6Basics = [
  ...[130, 134, 135, 136].map(type => `-p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN`),
  '-s fe80::/64 -p udp -m udp --sport 547 --dport 546 -j RETURN',
]

/** What a guest says before it has an address. */
const beforeAddress: Readonly<Record<Version, readonly string[]>> = {
  4: ['-s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j RETURN'],
  6: [131, 135, 143].map(type => `-s ::/128 -d ff02::/16 -p ipv6-icmp -m icmp6 --icmpv6-type ${type} -j RETURN`),
}

/** A guest asks for an address and announces neighbours; it is no DHCP server and no router. */
const afterAddress: Readonly<Record<Version, readonly string[]>> = {
  4: ['-p udp -m udp --sport 68 --dport 67 -j RETURN', '-p udp -m udp --sport 67 --dport 68 -j DROP'],
  6: [
    '-p ipv6-icmp -m icmp6 --icmpv6-type 134 -j DROP',
    '-p ipv6-icmp -j RETURN',
    '-p udp -m udp --sport 546 --dport 547 -j RETURN',
    '-p udp -m udp --sport 547 --dport 546 -j DROP',
  ],
}

function pairsOf({ macAddress, fixedIps, allowedAddressPairs }: PortWiring, version: Version): readonly string[] {
  const pairs = [
    ...allowedAddressPairs.map(pair => ({ mac: pair.macAddress, ip: pair.ipAddress })),
    ...fixedIps.map(({ address }) => ({ mac: macAddress, ip: address })),
  ].filter(({ ip }) => versionOf(ip) === version)
  const own = pairs.map(({ mac, ip }) => ({ mac, ip: cidrText(ip) }))
  const linkLocal = version === 6 ? [...new Set(pairs.map(({ mac }) => mac))].map(mac => ({ mac, ip: `${linkLocalOf(mac)}/128` })) : []
  const rules = [...own, ...linkLocal].map(
    ({ mac, ip }) => `${ip.endsWith('/0') ? '' : `-s ${ip} `}-m mac --mac-source ${mac.toUpperCase()} -j RETURN`,
  )
  return [...new Set(fixedIps.length === 0 ? [...rules, `-m mac --mac-source ${macAddress.toUpperCase()} -j RETURN`] : rules)]
}

const cidrText = (ip: string) => (parseCidr(ip) ? networkOf(ip) : ip)
