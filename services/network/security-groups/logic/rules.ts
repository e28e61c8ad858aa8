import { parseBlock } from '../../addresses/address.ts'
import { refuseConflict, refuseInput } from '../../refusals/refusal.ts'
import { keyOf, protocolNumber, type RuleMatter, type SecurityGroupRule } from '../security-group/security-group.ts'

const withPorts = [6, 17, 33, 132, 136]
const portNames = ['dccp', 'sctp', 'tcp', 'udp', 'udplite']
const onlySix = [41, 43, 44, 58, 59, 60]

/** A rule as it is kept: one spelling for ICMP in IPv6, and no range where it holds every port. */
export function canonical<R extends RuleMatter>(rule: R): R {
  const isAll = rule.portRangeMin === 1 && rule.portRangeMax === 65_535
  return {
    ...rule,
    protocol: rule.ethertype === 'IPv6' ? icmpOfSix(rule.protocol) : rule.protocol,
    ...(isAll ? { portRangeMin: null, portRangeMax: null } : {}),
  }
}

const icmpOfSix = (protocol: string | null) =>
  protocol === 'icmp' || protocol === 'icmpv6' ? 'ipv6-icmp' : protocol === '1' ? '58' : protocol

export function checkRule(rule: RuleMatter): void {
  checkRange(rule)
  checkPrefix(rule)
  const number = protocolNumber(rule.protocol)
  if (rule.ethertype === 'IPv4' && number !== undefined && onlySix.includes(number))
    refuseInput(`Invalid ethertype ${rule.ethertype} for protocol ${rule.protocol}`, 'SecurityGroupEthertypeConflictWithProtocol')
  const remotes = [rule.remoteIpPrefix, rule.remoteGroupId, rule.remoteAddressGroupId].filter(remote => remote !== null)
  if (remotes.length > 1)
    refuseInput(
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided',
      'SecurityGroupMultipleRemoteEntites',
    )
}

function checkRange({ protocol, portRangeMin: min, portRangeMax: max }: RuleMatter): void {
  if (min === null && max === null) return
  const number = protocolNumber(protocol)
  if (number === undefined)
    return void refuseInput('Must also specify protocol if port range is given', 'SecurityGroupProtocolRequiredWithPorts')
  if (withPorts.includes(number)) {
    if (min === 0 || max === 0) refuseInput('Invalid value for port 0', 'SecurityGroupInvalidPortValue')
    if (min === null || max === null || min > max)
      refuseInput('For TCP/UDP protocols, port_range_min must be <= port_range_max', 'SecurityGroupInvalidPortRange')
  } else if (number === 1 || number === 58) checkIcmp(min, max)
  else
    refuseInput(
      `Ports cannot be specified for protocol ${number}. Ports are only supported for ${portNames.map(name => name.toUpperCase()).join(', ')}`,
      'SecurityGroupInvalidProtocolForPort',
    )
}

function checkIcmp(type: number | null, code: number | null): void {
  const wrong = [['type', 'port_range_min', type] as const, ['code', 'port_range_max', code] as const].find(
    ([, , value]) => value !== null && value > 255,
  )
  if (wrong)
    refuseInput(`Invalid value for ICMP ${wrong[0]} (${wrong[1]}) ${wrong[2]}. It must be 0 to 255`, 'SecurityGroupInvalidIcmpValue')
  if (type === null && code !== null)
    refuseInput(`ICMP code (port-range-max) ${code} is provided but ICMP type (port-range-min) is missing`, 'SecurityGroupMissingIcmpType')
}

function checkPrefix({ remoteIpPrefix, ethertype }: RuleMatter): void {
  if (remoteIpPrefix === null) return
  if (`IPv${parseBlock(remoteIpPrefix)?.version}` !== ethertype)
    refuseInput(`Conflicting value ethertype ${ethertype} for CIDR ${remoteIpPrefix}`, 'SecurityGroupRuleParameterConflict')
}

/** No rule is there twice: neither among those that are new nor beside those that are. */
export function mustBeNew(fresh: readonly RuleMatter[], present: readonly SecurityGroupRule[]): void {
  const keys = fresh.map(keyOf)
  if (new Set(keys).size < keys.length) refuseConflict('DuplicateSecurityGroupRuleInPost', 'Duplicate Security Group Rule in POST.')
  const same = present.find(rule => keys.includes(keyOf(rule)))
  if (same) refuseConflict('SecurityGroupRuleExists', `Security group rule already exists. Rule id is ${same.id}.`)
}
