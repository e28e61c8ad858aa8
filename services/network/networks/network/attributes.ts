import { attr, attrOr, type Change, type Kind, type Wish, wrong } from '../../attributes/attribute/attribute.ts'
import { dictionary, flag, listOf, orNull, shown, text, uuid, whole } from '../../attributes/attribute/kinds.ts'
import type { SegmentWish } from '../../segments/segment/segment.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'

const nothing = shown({ type: ['string', 'null'] })

const kind = { type: orNull(text(32)), place: orNull(text(64)), number: orNull(whole()) } as const

/** One of several pieces a network is made of, as it was sent. */
const segmentWish: Kind<SegmentWish> = {
  schema: dictionary.schema,
  read(value) {
    const said = dictionary.read(value)
    const names = ['provider:network_type', 'provider:physical_network', 'provider:segmentation_id'] as const
    const strange = Object.keys(said).filter(name => !names.some(known => known === name))
    if (strange.length > 0) return wrong(`Unrecognized attribute(s) '${strange.join(', ')}'`)
    const [type, place, number] = names.map(name => said[name])
    return {
      networkType: type === undefined ? undefined : kind.type.read(type),
      physicalNetwork: place === undefined ? undefined : kind.place.read(place),
      segmentationId: number === undefined ? undefined : kind.number.read(number),
    }
  },
}
const segmentWishes = listOf(segmentWish)

// biome-ignore format: a table of attributes
export const networkAttributes = {
  ...taggedAttributes,
  ...named,
  admin_state_up:              attrOr('cuvfs', flag, true),
  status:                      attr('vfs', text()),
  shared:                      attrOr('CUvf', flag, false),
  'router:external':           attrOr('CUVf', flag, false),
  is_default:                  attrOr('CUvf', flag, false),
  mtu:                         attrOr('cuvfs', whole({ min: 0 }), 0),
  port_security_enabled:       attrOr('CUv', flag, true),
  availability_zone_hints:     attrOr('cvs', listOf(text(255)), []),
  availability_zones:          attr('v', listOf(text())),
  qos_policy_id:               attrOr('cuvf', orNull(uuid), null),
  dns_domain:                  attrOr('cuv', text(255), ''),
  subnets:                     attr('v', listOf(uuid)),
  ipv4_address_scope:          attr('v', nothing),
  ipv6_address_scope:          attr('v', nothing),
  l2_adjacency:                attr('v', flag),
  'provider:network_type':     attr('CUVf', orNull(text(32))),
  'provider:physical_network': attr('CUVf', orNull(text(64))),
  'provider:segmentation_id':  attr('CUVf', orNull(whole())),
  segments:                    attr('CUV', segmentWishes),
} as const

export type NetworkWish = Wish<typeof networkAttributes>
export type NetworkChange = Change<typeof networkAttributes>

/** A network that the cloud itself makes: nothing but what is said. */
export const bareNetwork = (wish: Partial<NetworkWish>): NetworkWish => ({
  name: '',
  description: '',
  adminStateUp: true,
  shared: false,
  routerExternal: false,
  isDefault: false,
  mtu: 0,
  portSecurityEnabled: true,
  availabilityZoneHints: [],
  qosPolicyId: null,
  dnsDomain: '',
  ...wish,
})
