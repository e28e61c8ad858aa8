/** As the network service writes them. */
export interface NetworkWire {
  readonly id: string
  readonly name: string
}

export interface GroupWire {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tenant_id: string
  readonly security_group_rules?: readonly RuleWire[]
}

export interface RuleWire {
  readonly id: string
  readonly security_group_id: string
  readonly direction: string
  readonly protocol: string | null
  readonly port_range_min: number | null
  readonly port_range_max: number | null
  readonly remote_group_id: string | null
  readonly remote_ip_prefix: string | null
}

export interface FloatingWire {
  readonly id: string
  readonly floating_ip_address: string
  readonly fixed_ip_address: string | null
  readonly floating_network_id: string
  readonly port_id: string | null
}

/** A rule as it is asked for here. */
export interface RuleWish {
  readonly parentGroupId: string
  readonly protocol: string | undefined
  readonly from: number | undefined
  readonly to: number | undefined
  readonly cidr: string | undefined
  readonly groupId: string | undefined
}

/** What is wrong with the ports of a rule, in Nova's words; nothing when nothing is. */
export function complaintAbout({ protocol, from, to }: RuleWish): string | undefined {
  if (protocol === undefined || from === undefined || to === undefined) return undefined
  const upper = protocol.toUpperCase()
  const bad = (why: string) => `Invalid port range ${from}:${to}. ${why}`
  if (!['TCP', 'UDP', 'ICMP'].includes(upper)) return `Invalid IP protocol ${protocol}.`
  if (upper === 'ICMP') return [from, to].every(one => one >= -1 && one <= 255) ? undefined : bad('For ICMP, the type:code must be valid')
  if (from > to) return bad('Former value cannot be greater than the later')
  return from < 1 || to > 65_535 ? bad(`Valid ${upper} ports should be between 1-65535`) : undefined
}

/** The ports a rule lets through, as they were told here: all of them have numbers. */
export function portsOf({ protocol, port_range_min: from, port_range_max: to }: RuleWire): readonly [number | null, number | null] {
  if (!protocol || from !== null || to !== null) return [from, to]
  return ['TCP', 'UDP'].includes(protocol.toUpperCase()) ? [1, 65_535] : [-1, -1]
}
