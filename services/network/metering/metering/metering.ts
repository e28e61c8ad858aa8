import { attr, attrOr, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { exactBlock, flag, orNull, uuid, words } from '../../attributes/attribute/kinds.ts'
import { named, standardAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** A name under which traffic is counted. */
export interface MeteringLabel extends Standard {
  readonly name: string
  readonly shared: boolean
}

/** Which traffic of a project's routers counts under a label. */
export interface MeteringRule extends Standard {
  readonly meteringLabelId: string
  readonly direction: 'ingress' | 'egress'
  readonly excluded: boolean
  readonly remoteIpPrefix: string | null
  readonly sourceIpPrefix: string | null
  readonly destinationIpPrefix: string | null
}

const { id, project_id, description } = standardAttributes

// biome-ignore format: a table of attributes
export const meteringLabelAttributes = { id, project_id, description, ...named, shared: attrOr('cvfs', flag, false) } as const

// biome-ignore format: a table of attributes
export const meteringRuleAttributes = {
  id,
  project_id,
  metering_label_id:     needed('cvfs', uuid),
  direction:             needed('cvfs', words('ingress', 'egress')),
  excluded:              attrOr('cvfs', flag, false),
  remote_ip_prefix:      attr('cvfs', orNull(exactBlock)),
  source_ip_prefix:      attr('cvfs', orNull(exactBlock)),
  destination_ip_prefix: attr('cvfs', orNull(exactBlock)),
} as const

export type LabelWish = Wish<typeof meteringLabelAttributes>
export type MeteringRuleWish = Wish<typeof meteringRuleAttributes>
