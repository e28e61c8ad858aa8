import { parseAddress, parseBlock, formatAddress } from '../../addresses/address.ts'
import { attr, attrOr, type Change, type Kind, needed, python, repr, type Wish } from '../../attributes/attribute/attribute.ts'
import { dictionary, flag, listOf, orNull, text, words } from '../../attributes/attribute/kinds.ts'
import { refuseConflict, refuseInput, refuseInvalid } from '../../refusals/refusal.ts'
import { standardAttributes, taggedAttributes } from '../../standards/standard/attributes.ts'
import { type Ethertype, protocolNumbers } from './security-group.ts'

const groupName: Kind<string> = {
  schema: text(255).schema,
  read(value) {
    const name = text(255).read(value)
    return name.toLowerCase() === 'default'
      ? refuseConflict('SecurityGroupDefaultAlreadyExists', 'Default security group already exists.')
      : name
  },
}

// biome-ignore format: a table of attributes
export const securityGroupAttributes = {
  ...taggedAttributes,
  name:                 attrOr('cuvfs', groupName, ''),
  stateful:             attrOr('cuvf', flag, true),
  shared:               attr('vf', flag),
  security_group_rules: attr('v', listOf(dictionary)),
} as const

const known = [null, ...Object.keys(protocolNumbers)]

const protocol: Kind<string | null> = {
  schema: { type: ['string', 'integer', 'null'] },
  read(value) {
    if (value === null || value === undefined) return null
    const word = typeof value === 'string' ? value.toLowerCase() : python(value)
    if (Object.hasOwn(protocolNumbers, word)) return word
    if (typeof value !== 'object' && /^\d+$/.test(word) && Number(word) <= 255) return word
    return refuseInput(
      `Security group rule protocol ${python(value)} not supported. Only protocol values ${repr(known)} and integer representations [0 to 255] are supported`,
      'SecurityGroupRuleInvalidProtocol',
    )
  },
}

const portNumber: Kind<number | null> = {
  schema: { type: ['integer', 'null'] },
  read(value) {
    if (value === null || value === undefined) return null
    const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
    return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 65_535
      ? number
      : refuseInput(`Invalid value for port ${python(value)}`, 'SecurityGroupInvalidPortValue')
  },
}

const ethertype: Kind<Ethertype> = {
  schema: { enum: ['IPv4', 'IPv6'] },
  read(value) {
    const word = python(value).toLowerCase()
    if (word === 'ipv4') return 'IPv4'
    if (word === 'ipv6') return 'IPv6'
    return refuseInput(
      `Security group rule for ethertype '${python(value)}' not supported. Allowed values are ['IPv4', 'IPv6']`,
      'SecurityGroupRuleInvalidEtherType',
    )
  },
}

/** As it was written, only the address spelled canonically: bits behind the prefix stay. */
const prefix: Kind<string | null> = {
  schema: { type: ['string', 'null'] },
  read(value) {
    if (value === null || value === undefined || value === '') return null
    const [host = '', length] = typeof value === 'string' ? value.trim().split('/') : []
    const [address, block] = [parseAddress(host), typeof value === 'string' ? parseBlock(value.trim()) : undefined]
    if (!address || !block) return refuseInvalid('InvalidCIDR', `Invalid CIDR ${python(value)} given as IP prefix.`)
    return `${formatAddress(address)}/${length ?? block.prefix}`
  },
}

// biome-ignore format: a table of attributes
export const ruleMatterAttributes = {
  direction:               needed('cvfs', words('ingress', 'egress')),
  ethertype:               attrOr('cvfs', ethertype, 'IPv4'),
  protocol:                attrOr('cvfs', protocol, null),
  port_range_min:          attrOr('cvfs', portNumber, null),
  port_range_max:          attrOr('cvfs', portNumber, null),
  remote_ip_prefix:        attrOr('cvfs', prefix, null),
  remote_group_id:         attrOr('cvfs', orNull(text(36)), null),
  remote_address_group_id: attrOr('cvfs', orNull(text(36)), null),
} as const

// biome-ignore format: a table of attributes
export const securityGroupRuleAttributes = {
  ...standardAttributes,
  security_group_id:       needed('cvfs', text(36)),
  ...ruleMatterAttributes,
  normalized_cidr:         attr('vfs', orNull(text())),
} as const

export type SecurityGroupWish = Wish<typeof securityGroupAttributes>
export type SecurityGroupChange = Change<typeof securityGroupAttributes>
export type RuleWish = Wish<typeof securityGroupRuleAttributes>
