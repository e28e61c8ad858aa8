import type { RuleMatter } from '../../security-groups/security-group/security-group.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** A rule that new security groups begin with. */
export interface DefaultRule extends Standard, Omit<RuleMatter, 'securityGroupId'> {
  /** In the group that every project has. */
  readonly usedInDefaultSg: boolean
  /** In the groups that projects make themselves. */
  readonly usedInNonDefaultSg: boolean
}

/** As remote group of a default rule: the very group that the rule comes to be in. */
export const itself = 'PARENT'

/** What groups begin with until an administrator says otherwise: all may go out, and the default group lets its own members in. */
export const usualDefaults = (['IPv4', 'IPv6'] as const).flatMap(ethertype => {
  const any = { protocol: null, portRangeMin: null, portRangeMax: null, remoteIpPrefix: null, remoteAddressGroupId: null }
  return [
    { ...any, ethertype, direction: 'ingress' as const, remoteGroupId: itself, usedInDefaultSg: true, usedInNonDefaultSg: false },
    { ...any, ethertype, direction: 'egress' as const, remoteGroupId: null, usedInDefaultSg: true, usedInNonDefaultSg: true },
  ]
})
