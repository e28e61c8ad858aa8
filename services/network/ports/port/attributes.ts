import { canonicalMac, formatAddress, formatBlock, parseAddress, parseBlock } from '../../addresses/address.ts'
import {
  attr,
  attrOr,
  type Change,
  inconvertible,
  type Kind,
  needed,
  python,
  type Wish,
  wrong,
} from '../../attributes/attribute/attribute.ts'
import { address, dictionary, flag, isUuid, listOf, orNull, shown, text, uuid, words } from '../../attributes/attribute/kinds.ts'
import type { AddressWish } from '../../ipam/ipam.ts'
import { refuseInput } from '../../refusals/refusal.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'
import { vnicTypes } from './port.ts'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const fixedIps: Kind<readonly AddressWish[]> = {
  schema: { type: 'array', items: { type: 'object', properties: { subnet_id: uuid.schema, ip_address: address.schema } } },
  read(value) {
    if (!Array.isArray(value)) return wrong(`Invalid data format for fixed IP: '${python(value)}'`)
    const wishes = value.map(fixedIp)
    const twice = wishes.find(
      (wish, i) => wish.ipAddress !== undefined && wishes.findIndex(other => other.ipAddress === wish.ipAddress) !== i,
    )
    return twice ? wrong(`Duplicate IP address '${twice.ipAddress}'`) : wishes
  },
}

function fixedIp(value: unknown): AddressWish {
  if (!isRecord(value)) return wrong(`Invalid data format for fixed IP: '${python(value)}'`)
  const { subnet_id: subnetId, ip_address: ipAddress } = value
  if (subnetId !== undefined && !isUuid(subnetId)) return wrong(`'${python(subnetId)}' is not a valid UUID`)
  return {
    ...(subnetId === undefined ? {} : { subnetId }),
    ...(ipAddress === undefined ? {} : { ipAddress: address.read(ipAddress) }),
  }
}

/** A pair as it was sent: without a MAC, the port's own is meant. */
export interface PairWish {
  readonly ipAddress: string
  readonly macAddress?: string | undefined
}

const pairs: Kind<readonly PairWish[]> = {
  schema: { type: 'array', items: { type: 'object', properties: { ip_address: { type: 'string' }, mac_address: { type: 'string' } } } },
  read(value) {
    if (value === null) return []
    if (!Array.isArray(value)) return inconvertible(`Allowed address pairs must be a list.`)
    const wishes = value.map(pair)
    const twice = wishes.find(
      (wish, i) => wishes.findIndex(other => other.ipAddress === wish.ipAddress && other.macAddress === wish.macAddress) !== i,
    )
    if (twice)
      return refuseInput(
        `Request contains duplicate address pair: mac_address ${python(twice.macAddress)} ip_address ${twice.ipAddress}.`,
        'DuplicateAddressPairInRequest',
      )
    return wishes
  },
}

function pair(value: unknown): PairWish {
  if (!isRecord(value) || value['ip_address'] === undefined)
    return refuseInput('AllowedAddressPair must contain ip_address', 'AllowedAddressPairsMissingIP')
  const extra = Object.keys(value).filter(key => key !== 'ip_address' && key !== 'mac_address')
  if (extra.length > 0) return wrong(`Unrecognized attribute(s) '${extra.join(', ')}'`)
  const { ip_address: ip, mac_address: mac } = value
  const found = typeof ip === 'string' ? (parseAddress(ip) ?? parseBlock(ip)) : undefined
  if (!found) return wrong(`'${python(ip)}' is not a valid IP address`)
  const macAddress = typeof mac === 'string' ? canonicalMac(mac) : undefined
  if (mac !== undefined && mac !== null && macAddress === undefined) return wrong(`'${python(mac)}' is not a valid MAC address`)
  return { ipAddress: 'value' in found ? formatAddress(found) : formatBlock(found), macAddress }
}

/** An option as it was sent: `null` as value takes it away. */
export interface DhcpOptionWish {
  readonly name: string
  readonly value: string | null
  readonly ipVersion: 4 | 6
}

const dhcpOptions: Kind<readonly DhcpOptionWish[]> = {
  schema: {
    type: 'array',
    items: {
      type: 'object',
      properties: { opt_name: { type: 'string' }, opt_value: { type: ['string', 'null'] }, ip_version: { enum: [4, 6] } },
    },
  },
  read(value) {
    if (value === null) return []
    if (!Array.isArray(value)) return wrong(`'${python(value)}' is not a list`)
    return value.map(one => {
      const fits = isRecord(one) && typeof one['opt_name'] === 'string' && one['opt_name'].trim() !== '' && Object.hasOwn(one, 'opt_value')
      const known = isRecord(one) && Object.keys(one).every(key => ['opt_name', 'opt_value', 'ip_version'].includes(key))
      if (!fits || !known || !['string', 'object'].includes(typeof one['opt_value']))
        return wrong(`No valid key specs matched for: ${python(one)}`)
      const ipVersion = Number(one['ip_version'] ?? 4)
      if (ipVersion !== 4 && ipVersion !== 6) return wrong(`No valid key specs matched for: ${python(one)}`)
      return { name: String(one['opt_name']), value: one['opt_value'] as string | null, ipVersion }
    })
  },
}

const groups: Kind<readonly string[]> = {
  schema: { type: 'array', items: uuid.schema },
  read(value) {
    if (value === null || value === '') return []
    const ids = Array.isArray(value) ? value : [value]
    return listOf(uuid, { unique: false }).read([...new Set(ids)])
  },
}

// biome-ignore format: a table of attributes
export const portAttributes = {
  ...taggedAttributes,
  ...named,
  network_id:            needed('cvfs', uuid),
  admin_state_up:        attrOr('cuvfs', flag, true),
  mac_address:           attr('CUvfs', { ...text(), read: (value: unknown) => (value === null ? '' : macOf(value)) }),
  fixed_ips:             attr('CUvf', fixedIps, 'ip_address', 'subnet_id'),
  device_id:             attrOr('cuvfs', text(255), ''),
  device_owner:          attrOr('CUvfs', text(255), ''),
  status:                attr('vfs', text()),
  allowed_address_pairs: attr('CUv', pairs, 'mac_address', 'ip_address'),
  extra_dhcp_opts:       attr('cuv', dhcpOptions),
  security_groups:       attr('cuvf', groups),
  port_security_enabled: attr('CUv', flag),
  'binding:vnic_type':   attrOr('CUv', words(...vnicTypes), 'normal'),
  'binding:host_id':     attr('CUVf', { ...text(), read: (value: unknown) => text(255).read(value ?? '') }),
  'binding:profile':     attr('CUV', orNull(dictionary)),
  'binding:vif_type':    attr('V', text()),
  'binding:vif_details': attr('V', dictionary),
  qos_policy_id:         attrOr('cuvf', orNull(uuid), null),
  qos_network_policy_id: attr('v', orNull(uuid)),
  device_profile:        attrOr('cv', orNull(text(255)), null),
  numa_affinity_policy:  attrOr('cuv', words('required', 'preferred', 'legacy', null), null),
  resource_request:      attr('V', shown({ type: ['object', 'null'] })),
  dns_name:              attrOr('cuvfs', text(255), ''),
  ip_allocation:         attr('vfs', text()),
  propagate_uplink_status: attrOr('cv', flag, true),
  tags:                  attr('cv', listOf(text(60))),
  dns_assignment:        attr('v', listOf(dictionary)),
  trunk_details:         attr('v', dictionary),
} as const

function macOf(value: unknown): string {
  const found = typeof value === 'string' ? canonicalMac(value) : undefined
  return found !== undefined && found !== '00:00:00:00:00:00' ? found : wrong(`'${python(value)}' is not a valid MAC address`)
}

export type PortWish = Wish<typeof portAttributes>
export type PortChange = Change<typeof portAttributes>

/** A port that the service itself makes: nothing but what it says. */
export const bareWish = (wish: { readonly networkId: string } & Partial<PortWish>): PortWish => ({
  name: '',
  description: '',
  adminStateUp: true,
  deviceId: '',
  deviceOwner: '',
  bindingVnicType: 'normal',
  qosPolicyId: null,
  deviceProfile: null,
  numaAffinityPolicy: null,
  dnsName: '',
  propagateUplinkStatus: true,
  ...wish,
})
