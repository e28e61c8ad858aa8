import { attr, attrOr } from '../../attributes/attribute/attribute.ts'
import { listOf, text, uuid, whole } from '../../attributes/attribute/kinds.ts'

/** The attributes that every resource has. */
// biome-ignore format: a table of attributes
export const standardAttributes = {
  id:              attr('vfs', uuid),
  project_id:      attr('cvfs', text(255)),
  description:     attrOr('cuvfs', { ...text(255), read: (value: unknown) => text(255).read(value ?? '') }, ''),
  revision_number: attr('vfs', whole()),
  created_at:      attr('vs', text()),
  updated_at:      attr('vs', text()),
} as const

/** Those of resources that carry tags. */
export const taggedAttributes = { ...standardAttributes, tags: attr('v', listOf(text(60))) } as const

export const named = { name: attrOr('cuvfs', text(255), '') } as const
