import { attr, attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { address, orNull, text, uuid } from '../../attributes/attribute/kinds.ts'
import { named, standardAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** An IPv6 address inside that a router answers for outside, so that the world reaches it without translation. */
export interface NdpProxy extends Standard {
  readonly name: string
  readonly routerId: string
  readonly portId: string
  readonly ipAddress: string
}

// biome-ignore format: a table of attributes
export const ndpProxyAttributes = {
  ...standardAttributes,
  ...named,
  description: attrOr('cuvf', text(1024), ''),
  router_id:   needed('cvfs', uuid),
  port_id:     needed('cvfs', uuid),
  ip_address:  attr('cvfs', orNull(address)),
} as const

export type NdpProxyWish = Wish<typeof ndpProxyAttributes>
export type NdpProxyChange = Change<typeof ndpProxyAttributes>
