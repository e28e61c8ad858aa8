import { attr, attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { dictionary, flag, listOf, orNull, shownOrNull, text, whole, words } from '../../attributes/attribute/kinds.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'
import { rangedTypes } from './network-segment-range.ts'

const number = whole({ min: 1, max: 4_294_967_295 })

// biome-ignore format: a table of attributes
export const rangeAttributes = {
  ...taggedAttributes,
  ...named,
  project_id:       attr('cvfs', shownOrNull(text(255))),
  default:          attr('v', flag),
  shared:           attrOr('cv', flag, true),
  network_type:     needed('cvf', words(...rangedTypes)),
  physical_network: attr('cvf', orNull(text(64))),
  minimum:          needed('cuv', number),
  maximum:          needed('cuv', number),
  used:             attr('v', dictionary),
  available:        attr('v', listOf(whole())),
} as const

export type RangeWish = Wish<typeof rangeAttributes>
export type RangeChange = Change<typeof rangeAttributes>
