import { attr, attrOr, type Change, type Kind, needed, python, type Wish, wrong } from '../../attributes/attribute/attribute.ts'
import { address, text, uuid, whole } from '../../attributes/attribute/kinds.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** One port of a floating address that leads to a port of a guest inside. */
export interface PortForwarding extends Standard {
  readonly floatingipId: string
  readonly protocol: string
  readonly externalPort: number
  readonly internalPort: number
  readonly internalPortId: string
  readonly internalIpAddress: string
}

const forwardable = ['dccp', 'icmp', 'ipv6-icmp', 'sctp', 'tcp', 'udp']
const protocol: Kind<string> = {
  schema: { enum: forwardable },
  read(value) {
    const word = python(value).toLowerCase()
    return forwardable.includes(word)
      ? word
      : wrong(`${python(value)} is not in dict_keys([${forwardable.map(one => `'${one}'`).join(', ')}])`)
  },
}
const portNumber = whole({ min: 1, max: 65_535 })

// biome-ignore format: a table of attributes
export const portForwardingAttributes = {
  id:                  attr('vfs', uuid),
  project_id:          attr('c', text(255)),
  description:         attrOr('cuvf', text(1024), ''),
  external_port:       needed('cuvfs', portNumber),
  internal_port:       needed('cuv', portNumber),
  internal_ip_address: needed('cuv', address),
  internal_port_id:    needed('cuvfs', uuid),
  protocol:            needed('cuvfs', protocol),
} as const

export type PortForwardingWish = Wish<typeof portForwardingAttributes>
export type PortForwardingChange = Change<typeof portForwardingAttributes>
