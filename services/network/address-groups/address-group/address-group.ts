import { attr, attrOr, type Change, type Wish } from '../../attributes/attribute/attribute.ts'
import { exactBlock, flag, listOf, orEmpty } from '../../attributes/attribute/kinds.ts'
import { named, standardAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** Blocks of addresses under one name, for rules of security groups. */
export interface AddressGroup extends Standard {
  readonly name: string
  readonly addresses: readonly string[]
  readonly shared: boolean
}

export const addressList = orEmpty(listOf(exactBlock))

// biome-ignore format: a table of attributes
export const addressGroupAttributes = {
  ...standardAttributes,
  ...named,
  addresses: attrOr('cv', addressList, []),
  shared:    attr('vf', flag),
} as const

export type AddressGroupWish = Wish<typeof addressGroupAttributes>
export type AddressGroupChange = Change<typeof addressGroupAttributes>
