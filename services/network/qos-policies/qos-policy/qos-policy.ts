import type { Standard } from '../../standards/standard/standard.ts'

/** How much traffic ports, networks and floating addresses may make, and how it is marked. */
export interface QosPolicy extends Standard {
  readonly name: string
  readonly shared: boolean
  /** What networks of the project have when they name none. */
  readonly isDefault: boolean
  readonly rules: readonly QosRule[]
}

export type RuleType = 'bandwidth_limit' | 'dscp_marking' | 'minimum_bandwidth' | 'minimum_packet_rate' | 'packet_rate_limit'
export const ruleTypes: readonly RuleType[] = [
  'bandwidth_limit',
  'dscp_marking',
  'minimum_bandwidth',
  'minimum_packet_rate',
  'packet_rate_limit',
]

/** Which of them the hosts' agents carry out. */
export const enforcedTypes: readonly RuleType[] = ['bandwidth_limit', 'dscp_marking', 'packet_rate_limit']

export interface QosRule extends Standard {
  readonly qosPolicyId: string
  readonly ruleType: RuleType
  readonly direction: string | null
  readonly maxKbps: number | null
  readonly maxBurstKbps: number | null
  readonly dscpMark: number | null
  readonly minKbps: number | null
  readonly minKpps: number | null
  readonly maxKpps: number | null
  readonly maxBurstKpps: number | null
}
