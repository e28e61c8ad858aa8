import type { SecurityGroupRule } from './firewall.ts'

/** Protocols by the names that rules may use. */
// biome-ignore format: a table
const numbers: Readonly<Record<string, number>> = {
  ah: 51, dccp: 33, egp: 8, esp: 50, gre: 47, icmp: 1, igmp: 2, ipip: 4, ospf: 89, pgm: 113, rsvp: 46, sctp: 132, tcp: 6, udp: 17, udplite: 136,
  vrrp: 112, 'ipv6-encap': 41, 'ipv6-frag': 44, 'ipv6-icmp': 58, icmpv6: 58, 'ipv6-nonxt': 59, 'ipv6-opts': 60, 'ipv6-route': 43,
}

/** The number, or nothing where the rule is about every protocol. ICMP means that of the rule's own version. */
export function protocolNumberOf({ protocol, etherType }: Pick<SecurityGroupRule, 'protocol' | 'etherType'>): number | undefined {
  if (protocol === undefined || protocol === 'any' || protocol === '0') return undefined
  const number = numbers[protocol.toLowerCase()] ?? Number(protocol)
  if (Number.isNaN(number)) return undefined
  return etherType === 'IPv6' && number === 1 ? 58 : number
}

const names = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'ipv6-icmp'],
])
/** Multiport knows these without a module of their own. */
const withPorts = [33, 132, 136]

/** What a rule says of protocol and ports, in iptables' words. */
export function protocolMatch(rule: SecurityGroupRule): readonly string[] {
  const number = protocolNumberOf(rule)
  if (number === undefined) return []
  const { portMin, portMax = portMin } = rule
  const protocol = ['-p', names.get(number) ?? String(number)]
  if (portMin === undefined) return protocol
  if (number === 1) return [...protocol, '-m icmp', '--icmp-type', typeAndCode(rule)]
  if (number === 58) return [...protocol, '-m icmp6', '--icmpv6-type', typeAndCode(rule)]
  const ports = portMin === portMax ? String(portMin) : `${portMin}:${portMax}`
  if (number === 6 || number === 17) return [...protocol, `-m ${names.get(number)}`, '--dport', ports]
  return withPorts.includes(number) ? [...protocol, '-m multiport', '--dports', ports] : protocol
}

const typeAndCode = ({ portMin, portMax }: SecurityGroupRule): string => (portMax === undefined ? `${portMin}` : `${portMin}/${portMax}`)
