import type { Viewer } from '../listings/listing.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import { type Wire, wireOf } from '../versions/showing.ts'
import type { SecurityGroupLogic } from './logic/groups.ts'
import { securityGroupAttributes, securityGroupRuleAttributes } from './security-group/attributes.ts'
import { normalizedCidr, type SecurityGroup, type SecurityGroupRule } from './security-group/security-group.ts'

const ruleShows = { normalized_cidr: ({ remoteIpPrefix }: SecurityGroupRule) => normalizedCidr(remoteIpPrefix) }

export const securityGroupApi = ({ groups, rules }: SecurityGroupLogic, tags: TagKeeper) => [
  ...collection<SecurityGroup>({
    name: 'security_group',
    plural: 'security_groups',
    path: '/v2.0/security-groups',
    words: { one: 'a security group', many: 'the security groups' },
    attributes: securityGroupAttributes,
    logic: groups,
    tags,
    shows: { security_group_rules: group => group.rules.map(rule => wireOf(rule, securityGroupRuleAttributes, ruleShows)) },
  }),
  ...collection<SecurityGroupRule>({
    name: 'security_group_rule',
    plural: 'security_group_rules',
    path: '/v2.0/security-group-rules',
    words: { one: 'a rule of a security group', many: 'the rules of security groups' },
    attributes: securityGroupRuleAttributes,
    logic: rules,
    only: ['list', 'show', 'create', 'delete'],
    shows: ruleShows,
    besides: ownersOfGroups(groups),
  }),
]

/** Whose groups these rules are in: who owns the group sees what others put into it. */
const ownersOfGroups =
  (groups: SecurityGroupLogic['groups']) =>
  async (wires: readonly Wire[], viewer: Viewer): Promise<readonly Wire[]> => {
    const ids = [...new Set(wires.map(wire => String(wire['security_group_id'])))]
    const found = ids.length === 0 ? [] : await groups.list({ filters: { id: ids }, sort: [] }, viewer)
    return wires.map(wire => ({ 'security_group:tenant_id': found.find(({ id }) => id === wire['security_group_id'])?.projectId }))
  }
