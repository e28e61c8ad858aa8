import { attr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { text, uuid, whole, words } from '../../attributes/attribute/kinds.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** A router understands what is said on a port, to let in the connections that are agreed upon there. */
export interface ConntrackHelper extends Standard {
  readonly routerId: string
  readonly protocol: string
  readonly port: number
  readonly helper: string
}

const protocols = words('dccp', 'icmp', 'ipv6-icmp', 'sctp', 'tcp', 'udp')

// biome-ignore format: a table of attributes
export const conntrackHelperAttributes = {
  id:         attr('vfs', uuid),
  project_id: attr('c', text(255)),
  protocol:   needed('cuvfs', protocols),
  port:       needed('cuvfs', whole({ min: 1, max: 65_535 })),
  helper:     needed('cuvfs', text(64)),
} as const

export type ConntrackHelperWish = Wish<typeof conntrackHelperAttributes>
export type ConntrackHelperChange = Change<typeof conntrackHelperAttributes>
