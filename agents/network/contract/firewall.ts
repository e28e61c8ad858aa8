/** A security group as the ports of a host need it. */
export interface SecurityGroupWiring {
  readonly id: string
  /** A stateless group lets in what its rules say and nothing because of what went out. */
  readonly isStateful: boolean
  readonly rules: readonly SecurityGroupRule[]
}

export interface SecurityGroupRule {
  readonly id: string
  readonly direction: 'ingress' | 'egress'
  readonly etherType: 'IPv4' | 'IPv6'
  /** A name of Neutron's (`tcp`, `icmpv6`, ...) or a number as text; absent: every protocol. */
  readonly protocol?: string | undefined
  /** Ports; with ICMP the type and the code. */
  readonly portMin?: number | undefined
  readonly portMax?: number | undefined
  /** At most one of the two; neither: anywhere. */
  readonly remoteCidr?: string | undefined
  /** The id of an `AddressSet`. */
  readonly remoteSet?: string | undefined
}

/**
 * Who is meant by a remote group or a remote address group: told apart from the rules, so that a new member changes one set and no rule.
 */
export interface AddressSet {
  /** The id of the security group or of the address group. */
  readonly id: string
  /** Addresses or CIDRs of both versions. */
  readonly addresses: readonly string[]
}
