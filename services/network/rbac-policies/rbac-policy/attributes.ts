import { attr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { text, uuid } from '../../attributes/attribute/kinds.ts'

// biome-ignore format: a table of attributes
export const rbacAttributes = {
  id:            attr('vf', uuid),
  project_id:    attr('cvf', text(255)),
  object_type:   needed('cvf', text(255)),
  object_id:     needed('cvf', uuid),
  target_tenant: needed('CUvf', text(255)),
  action:        needed('cvf', text(255)),
} as const

export type RbacWish = Wish<typeof rbacAttributes>
export type RbacChange = Change<typeof rbacAttributes>

/** What may be opened, and how. */
export const openable: Readonly<Record<string, readonly string[]>> = {
  network: ['access_as_shared', 'access_as_external'],
  qos_policy: ['access_as_shared'],
  security_group: ['access_as_shared'],
  address_scope: ['access_as_shared'],
  subnetpool: ['access_as_shared'],
  address_group: ['access_as_shared'],
}
