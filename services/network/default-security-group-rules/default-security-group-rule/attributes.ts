import { attr, attrOr, type Wish } from '../../attributes/attribute/attribute.ts'
import { flag, text } from '../../attributes/attribute/kinds.ts'
import { ruleMatterAttributes } from '../../security-groups/security-group/attributes.ts'
import { standardAttributes } from '../../standards/standard/attributes.ts'

const { id, description } = standardAttributes

// biome-ignore format: a table of attributes
export const defaultRuleAttributes = {
  ...{ id, description },
  project_id:             attr('c', text(255)),
  ...ruleMatterAttributes,
  used_in_default_sg:     attrOr('cvf', flag, false),
  used_in_non_default_sg: attrOr('cvf', flag, true),
} as const

export type DefaultRuleWish = Wish<typeof defaultRuleAttributes>
