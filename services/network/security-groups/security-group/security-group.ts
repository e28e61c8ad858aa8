import { bitsOf, formatBlock, parseBlock } from '../../addresses/address.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** Who may talk to the ports that are in it. */
export interface SecurityGroup extends Standard {
  readonly name: string
  readonly stateful: boolean
  readonly shared: boolean
  readonly rules: readonly SecurityGroupRule[]
  /** The group that ports of the project are in when nobody says otherwise. */
  readonly isDefault: boolean
}

export interface SecurityGroupRule extends Standard {
  readonly securityGroupId: string
  readonly remoteGroupId: string | null
  readonly remoteAddressGroupId: string | null
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: Ethertype
  readonly protocol: string | null
  readonly portRangeMin: number | null
  readonly portRangeMax: number | null
  readonly remoteIpPrefix: string | null
}

export type Ethertype = 'IPv4' | 'IPv6'

/** What a rule lets through, apart from whose it is. */
export type RuleMatter = Omit<SecurityGroupRule, keyof Standard>

/** The IP protocols that have names here, by their numbers. */
// biome-ignore format: a table
export const protocolNumbers: Readonly<Record<string, number>> = {
  ah: 51, dccp: 33, egp: 8, esp: 50, gre: 47, hopopt: 0, icmp: 1, igmp: 2, ip: 0, ipip: 4, 'ipv6-encap': 41, 'ipv6-frag': 44,
  'ipv6-icmp': 58, icmpv6: 58, 'ipv6-nonxt': 59, 'ipv6-opts': 60, 'ipv6-route': 43, ospf: 89, pgm: 113, rsvp: 46, sctp: 132, tcp: 6,
  udp: 17, udplite: 136, vrrp: 112,
}

/** The protocol's number, whichever way it was said; nothing means any. */
export const protocolNumber = (protocol: string | null): number | undefined =>
  protocol === null ? undefined : (protocolNumbers[protocol] ?? Number(protocol))

/** The prefix with no bits set behind it. */
export function normalizedCidr(prefix: string | null): string | null {
  const block = prefix === null ? undefined : parseBlock(prefix)
  return block ? formatBlock(block) : null
}

/** The whole family: no prefix at all. */
export const isEverything = (prefix: string): boolean => {
  const block = parseBlock(prefix)
  return block !== undefined && block.prefix === 0 && bitsOf(block.version) > 0
}

/** Two rules with the same key let the same through. */
export function keyOf(rule: RuleMatter): string {
  const isSix = rule.ethertype === 'IPv6'
  const number = protocolNumber(rule.protocol)
  return [
    rule.securityGroupId,
    rule.direction,
    rule.ethertype,
    isSix && number === 1 ? 58 : number,
    rule.portRangeMin,
    rule.portRangeMax,
    rule.remoteGroupId,
    rule.remoteAddressGroupId,
    rule.remoteIpPrefix === null || isEverything(rule.remoteIpPrefix) ? null : rule.remoteIpPrefix,
  ]
    .map(part => part ?? '+')
    .join(' ')
}
