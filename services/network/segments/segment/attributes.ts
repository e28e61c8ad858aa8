import { attr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { orNull, text, uuid, whole } from '../../attributes/attribute/kinds.ts'
import { standardAttributes } from '../../standards/standard/attributes.ts'

const { id, description, revision_number, created_at, updated_at } = standardAttributes

// biome-ignore format: a table of attributes
export const segmentAttributes = {
  ...{ id, description, revision_number, created_at, updated_at },
  project_id:       attr('c', text(255)),
  network_id:       needed('cvfs', uuid),
  network_type:     needed('cvfs', text(32)),
  physical_network: attr('cvfs', orNull(text(64))),
  segmentation_id:  attr('cvs', orNull(whole())),
  name:             attr('cuvfs', orNull(text(255))),
} as const

export type SegmentResourceWish = Wish<typeof segmentAttributes>
export type SegmentChange = Change<typeof segmentAttributes>
