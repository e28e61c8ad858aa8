import { attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { flag, numbers } from '../../attributes/attribute/kinds.ts'
import { named, standardAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** Within one, no address is had twice, so that its networks may be routed without translation. */
export interface AddressScope extends Standard {
  readonly name: string
  readonly ipVersion: 4 | 6
  readonly shared: boolean
}

// biome-ignore format: a table of attributes
export const addressScopeAttributes = {
  ...standardAttributes,
  ...named,
  ip_version: needed('cvfs', numbers(4, 6)),
  shared:     attrOr('CUvfs', flag, false),
} as const

export type AddressScopeWish = Wish<typeof addressScopeAttributes>
export type AddressScopeChange = Change<typeof addressScopeAttributes>
