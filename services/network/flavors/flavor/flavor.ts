import { attr, attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { filledText, flag, listOf, text, uuid } from '../../attributes/attribute/kinds.ts'
import { named, standardAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** A choice of how a service is carried out, for clients; its profiles say by what. */
export interface Flavor extends Standard {
  readonly name: string
  readonly serviceType: string
  readonly enabled: boolean
  readonly serviceProfiles: readonly string[]
}

export interface ServiceProfile extends Standard {
  readonly driver: string
  readonly metainfo: string
  readonly enabled: boolean
}

const { id, description } = standardAttributes

// biome-ignore format: a table of attributes
export const flavorAttributes = {
  id,
  description,
  ...named,
  service_type:     needed('cvfs', filledText(255)),
  service_profiles: attr('v', listOf(uuid)),
  enabled:          attrOr('cuvfs', flag, true),
} as const

// biome-ignore format: a table of attributes
export const profileAttributes = {
  id,
  description,
  driver:   attrOr('cuvfs', text(1024), ''),
  metainfo: attrOr('cuvs', text(4096), ''),
  enabled:  attrOr('cuvfs', flag, true),
} as const

export type FlavorWish = Wish<typeof flavorAttributes>
export type FlavorChange = Change<typeof flavorAttributes>
export type ProfileWish = Wish<typeof profileAttributes>
export type ProfileChange = Change<typeof profileAttributes>
