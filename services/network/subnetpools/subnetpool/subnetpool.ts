import { attr, attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { exactBlock, filledText, flag, listOf, orNull, text, uuid, whole } from '../../attributes/attribute/kinds.ts'
import { taggedAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** Blocks out of which subnets are cut. */
export interface Subnetpool extends Standard {
  readonly name: string
  readonly ipVersion: 4 | 6
  readonly prefixes: readonly string[]
  readonly defaultPrefixlen: number
  readonly minPrefixlen: number
  readonly maxPrefixlen: number
  /** How much one project may take, in single addresses (IPv4) or /64s (IPv6). */
  readonly defaultQuota: number | null
  readonly addressScopeId: string | null
  readonly isDefault: boolean
  readonly shared: boolean
}

export const prefixList = listOf(exactBlock)
const length = whole({ min: 0 })
/** Shown as text, as Neutron's clients know it. */
const prefixLength = { ...length, shownSchema: text().schema }

// biome-ignore format: a table of attributes
export const subnetpoolAttributes = {
  ...taggedAttributes,
  name:              needed('cuvfs', filledText(255)),
  prefixes:          needed('cuv', prefixList),
  default_quota:     attr('cuvfs', orNull(length)),
  ip_version:        attr('vfs', whole()),
  default_prefixlen: attr('cuvfs', prefixLength),
  min_prefixlen:     attr('cuvfs', prefixLength),
  max_prefixlen:     attr('cuvfs', prefixLength),
  address_scope_id:  attr('cuvfs', orNull(uuid)),
  is_default:        attrOr('CUvfs', flag, false),
  shared:            attrOr('Cvfs', flag, false),
} as const

export type SubnetpoolWish = Wish<typeof subnetpoolAttributes>
export type SubnetpoolChange = Change<typeof subnetpoolAttributes>
