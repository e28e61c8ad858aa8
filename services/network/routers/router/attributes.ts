import { attr, attrOr, type Change, type Kind, python, type Wish, wrong } from '../../attributes/attribute/attribute.ts'
import { address, dictionary, flag, isUuid, listOf, looseFlag, orEmpty, orNull, text, uuid } from '../../attributes/attribute/kinds.ts'
import type { AddressWish } from '../../ipam/ipam.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'
import { hostRoutes } from '../../subnets/subnet/attributes.ts'

/** What is wished of a gateway; `null`: none. */
export interface GatewayWish {
  readonly networkId: string
  readonly enableSnat?: boolean | undefined
  readonly externalFixedIps?: readonly AddressWish[] | undefined
  readonly qosPolicyId?: string | null | undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const members = {
  network_id: uuid.schema,
  enable_snat: flag.schema,
  external_fixed_ips: { type: 'array', items: { type: 'object' } },
  qos_policy_id: { type: ['string', 'null'] },
}

const wholeGateway: Kind<GatewayWish> = {
  schema: { type: 'object', properties: members, required: ['network_id'] },
  read(value) {
    if (!isRecord(value)) return wrong(`'${python(value)}' is not a dictionary`)
    const unexpected = Object.keys(value).filter(key => !Object.hasOwn(members, key))
    if (unexpected.length > 0) return wrong(`Unexpected keys supplied: ${unexpected.join(', ')}`)
    if (value['network_id'] === undefined)
      return wrong(
        `Validation of dictionary's keys failed. Expected keys: {'network_id'} Provided keys: {${Object.keys(value)
          .map(key => `'${key}'`)
          .join(', ')}}`,
      )
    return {
      networkId: uuid.read(value['network_id']),
      enableSnat: value['enable_snat'] === undefined ? undefined : looseFlag.read(value['enable_snat']),
      externalFixedIps: value['external_fixed_ips'] === undefined ? undefined : fixedIps(value['external_fixed_ips']),
      qosPolicyId: value['qos_policy_id'] === undefined ? undefined : orNull(uuid).read(value['qos_policy_id']),
    }
  },
}

const gateway: Kind<GatewayWish | null> = {
  schema: { type: ['object', 'null'], properties: members },
  read: value => (value === null || value === '' || (isRecord(value) && Object.keys(value).length === 0) ? null : wholeGateway.read(value)),
}

/** Two may be on one network and say nothing else. */
export const gatewayList: Kind<readonly GatewayWish[]> = orEmpty(listOf(wholeGateway, { unique: false }))

function fixedIps(value: unknown): readonly AddressWish[] {
  if (!Array.isArray(value)) return wrong(`Invalid data format for fixed IP: '${python(value)}'`)
  return value.map(one => {
    if (!isRecord(one)) return wrong(`Invalid data format for fixed IP: '${python(one)}'`)
    const { subnet_id: subnetId, ip_address: ip } = one
    if (subnetId !== undefined && !isUuid(subnetId)) return wrong(`'${python(subnetId)}' is not a valid UUID`)
    return { ...(subnetId === undefined ? {} : { subnetId }), ...(ip === undefined ? {} : { ipAddress: address.read(ip) }) }
  })
}

// biome-ignore format: a table of attributes
export const routerAttributes = {
  ...taggedAttributes,
  ...named,
  admin_state_up:          attrOr('cuvfs', flag, true),
  status:                  attr('vfs', text()),
  external_gateway_info:   attr('CUv', gateway, 'network_id', 'enable_snat', 'external_fixed_ips'),
  external_gateways:       attr('v', gatewayList),
  routes:                  attr('uv', orEmpty(hostRoutes)),
  distributed:             attr('CUV', orNull(flag)),
  ha:                      attr('CUV', orNull(flag)),
  flavor_id:               attr('cvf', orNull(uuid)),
  service_type_id:         attr('cv', orNull(uuid)),
  enable_ndp_proxy:        attr('cuvf', orNull(flag)),
  conntrack_helpers:       attr('v', listOf(dictionary)),
  availability_zone_hints: attrOr('cv', listOf(text(255)), []),
  availability_zones:      attr('v', listOf(text())),
} as const

export type RouterWish = Wish<typeof routerAttributes>
export type RouterChange = Change<typeof routerAttributes>
