import { attr, attrOr, type Attributes, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { dictionary, flag, listOf, numbers, text, uuid, whole, words } from '../../attributes/attribute/kinds.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'
import type { RuleType } from './qos-policy.ts'

// biome-ignore format: a table of attributes
export const qosPolicyAttributes = {
  ...taggedAttributes,
  ...named,
  shared:     attrOr('cuvf', flag, false),
  is_default: attrOr('cuvf', flag, false),
  rules:      attr('v', listOf(dictionary)),
} as const

export type QosPolicyWish = Wish<typeof qosPolicyAttributes>
export type QosPolicyChange = Change<typeof qosPolicyAttributes>

const amount = whole({ min: 0, max: 2_147_483_647 })
const ways = words('ingress', 'egress')
const id = { id: attr('vfs', uuid), project_id: attr('c', text(255)) }

// biome-ignore format: a table of attributes
export const ruleAttributes = {
  bandwidth_limit:     { ...id, max_kbps: needed('cuvfs', amount), max_burst_kbps: attrOr('cuvfs', amount, 0), direction: attrOr('cuvfs', ways, 'egress') },
  dscp_marking:        { ...id, dscp_mark: needed('cuvfs', numbers(0, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 46, 48, 56)) },
  minimum_bandwidth:   { ...id, min_kbps: needed('cuvfs', amount), direction: attrOr('cuvfs', ways, 'egress') },
  minimum_packet_rate: { ...id, min_kpps: needed('cuvfs', amount), direction: attrOr('cuvfs', words('any', 'ingress', 'egress'), 'egress') },
  packet_rate_limit:   { ...id, max_kpps: needed('cuvfs', amount), max_burst_kpps: attrOr('cuvfs', amount, 0), direction: attrOr('cuvfs', ways, 'egress') },
} as const satisfies Record<RuleType, Attributes>

/** What is said of a rule, whatever its type. */
export interface RuleWish {
  readonly direction?: string | undefined
  readonly maxKbps?: number | undefined
  readonly maxBurstKbps?: number | undefined
  readonly dscpMark?: number | undefined
  readonly minKbps?: number | undefined
  readonly minKpps?: number | undefined
  readonly maxKpps?: number | undefined
  readonly maxBurstKpps?: number | undefined
}
