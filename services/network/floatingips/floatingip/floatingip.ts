import { attr, attrOr, type Change, needed, type Wish } from '../../attributes/attribute/attribute.ts'
import { address, dictionary, listOf, orNull, text, uuid } from '../../attributes/attribute/kinds.ts'
import { taggedAttributes } from '../../standards/standard/attributes.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** An address of an external network that leads to a port inside. */
export interface Floatingip extends Standard {
  readonly floatingIpAddress: string
  readonly floatingNetworkId: string
  /** The port that holds the address outside; it belongs to no project. */
  readonly floatingPortId: string
  readonly fixedPortId: string | null
  readonly fixedIpAddress: string | null
  readonly routerId: string | null
  readonly status: 'ACTIVE' | 'DOWN' | 'ERROR'
  readonly qosPolicyId: string | null
  /** The policy of the external network, which holds where it has none of its own. */
  readonly qosNetworkPolicyId: string | null
  readonly portDetails: PortDetails | null
  readonly portForwardings: readonly Forwarded[]
}

/** One of its ports that leads inside, as the address shows it. */
export interface Forwarded {
  readonly id: string
  readonly protocol: string
  readonly externalPort: number
  readonly internalPort: number
  readonly internalPortId: string
  readonly internalIpAddress: string
}

/** What is shown of the port it leads to. */
export interface PortDetails {
  readonly name: string
  readonly networkId: string
  readonly macAddress: string
  readonly adminStateUp: boolean
  readonly status: string
  readonly deviceId: string
  readonly deviceOwner: string
}

// biome-ignore format: a table of attributes
export const floatingipAttributes = {
  ...taggedAttributes,
  floating_network_id: needed('cvfs', uuid),
  floating_ip_address: attr('Cvfs', orNull(address)),
  subnet_id:           attr('c', orNull(uuid)),
  port_id:             attr('cuvf', orNull(uuid)),
  fixed_ip_address:    attr('cuvfs', orNull(address)),
  router_id:           attr('vfs', orNull(uuid)),
  status:              attr('vfs', text()),
  qos_policy_id:       attrOr('cuv', orNull(uuid), null),
  qos_network_policy_id: attr('v', orNull(uuid)),
  port_details:        attr('v', orNull(dictionary)),
  port_forwardings:    attr('v', listOf(dictionary)),
} as const

export type FloatingipWish = Wish<typeof floatingipAttributes>
export type FloatingipChange = Change<typeof floatingipAttributes>
