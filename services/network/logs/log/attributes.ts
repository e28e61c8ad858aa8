import { attrOr, type Change, type Kind, needed, python, type Wish } from '../../attributes/attribute/attribute.ts'
import { flag, orNull, uuid, words } from '../../attributes/attribute/kinds.ts'
import { refuseInput } from '../../refusals/refusal.ts'
import { named, standardAttributes } from '../../standards/standard/attributes.ts'
import { loggable, logEvents } from './log.ts'

const resourceType: Kind<'security_group'> = {
  schema: { enum: loggable },
  read: value =>
    loggable.find(type => type === value) ?? refuseInput(`Invalid log resource_type: ${python(value)}`, 'InvalidLogResourceType'),
}

// biome-ignore format: a table of attributes
export const logAttributes = {
  ...standardAttributes,
  ...named,
  resource_type: needed('cvfs', resourceType),
  resource_id:   attrOr('cvfs', orNull(uuid), null),
  event:         attrOr('cvf', words(...logEvents), 'ALL'),
  target_id:     attrOr('cvfs', orNull(uuid), null),
  enabled:       attrOr('cuvfs', flag, true),
} as const

export type LogWish = Wish<typeof logAttributes>
export type LogChange = Change<typeof logAttributes>
