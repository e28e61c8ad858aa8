import type { AddressSet, SecurityGroupRule, SecurityGroupWiring } from '@kilonova/network-agent/contract/firewall.ts'
import type { WiredPort, WiredRule } from './landscape.ts'
import type { Sight } from './sight.ts'

/** The groups of a host's ports, and who is meant by those that their rules name. */
export function groupWirings(
  ports: readonly WiredPort[],
  sight: Sight,
): { groups: readonly SecurityGroupWiring[]; sets: readonly AddressSet[] } {
  const ids = [...new Set(ports.flatMap(port => port.securityGroups))].sort()
  const groups = ids.flatMap(id => {
    const group = sight.groups.get(id)
    return group ? [{ id, isStateful: group.stateful, rules: rulesOf(id, sight) }] : []
  })
  const named = [...new Set(groups.flatMap(group => group.rules.flatMap(rule => rule.remoteSet ?? [])))].sort()
  return { groups, sets: named.map(id => ({ id, addresses: addressesOf(id, sight) })) }
}

const rulesOf = (groupId: string, { rulesOfGroup }: Sight): readonly SecurityGroupRule[] =>
  (rulesOfGroup.get(groupId) ?? []).map(ruleWiring).sort((a, b) => a.id.localeCompare(b.id))

function ruleWiring(rule: WiredRule): SecurityGroupRule {
  const remoteSet = rule.remoteGroupId ?? rule.remoteAddressGroupId
  return {
    id: rule.id,
    direction: rule.direction,
    etherType: rule.ethertype,
    ...(rule.protocol !== null && { protocol: rule.protocol }),
    ...(rule.portRangeMin !== null && { portMin: rule.portRangeMin }),
    ...(rule.portRangeMax !== null && { portMax: rule.portRangeMax }),
    ...(rule.remoteIpPrefix !== null && { remoteCidr: rule.remoteIpPrefix }),
    ...(remoteSet !== null && { remoteSet }),
  }
}

/** A member may also use what its allowed address pairs say. */
function addressesOf(setId: string, { addressGroups, portsOfGroup }: Sight): readonly string[] {
  const listed = addressGroups.get(setId)
  if (listed) return [...listed.addresses].sort()
  const members = (portsOfGroup.get(setId) ?? []).flatMap(port => [
    ...port.fixedIps.map(fixed => fixed.ipAddress),
    ...port.allowedAddressPairs.map(pair => pair.ipAddress),
  ])
  return [...new Set(members)].sort()
}
