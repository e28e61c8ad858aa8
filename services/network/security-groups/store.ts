import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { keeping } from '../tables/keeping.ts'
import { ownOrShared, sharedAmong, sharedFilter, tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { SecurityGroup, SecurityGroupRule } from './security-group/security-group.ts'

const standard = {
  id: 'text',
  projectId: 'text',
  description: 'text',
  revisionNumber: 'number',
  createdAt: 'text',
  updatedAt: 'text',
} as const

/** A project's own rules, and those of its groups. */
const isRuleVisible = (projectId: string) =>
  sql<boolean>`securitygrouprules.project_id = ${projectId}
    or securitygrouprules.security_group_id in (select id from securitygroups where securitygroups.project_id = ${projectId})`

const normalized = (values: readonly unknown[]) => sql<boolean>`securitygrouprules.remote_ip_prefix in (${sql.join(values)})`

export const ruleStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<SecurityGroupRule>(db, {
    table: 'securitygrouprules',
    kind: 'network.security_group_rule',
    columns: {
      ...standard,
      securityGroupId: 'text',
      remoteGroupId: 'text',
      remoteAddressGroupId: 'text',
      direction: 'text',
      ethertype: 'text',
      protocol: 'text',
      portRangeMin: 'number',
      portRangeMax: 'number',
      remoteIpPrefix: 'text',
    },
    isVisible: isRuleVisible,
    filters: { normalized_cidr: normalized },
    projectOf: ({ projectId }) => projectId,
    complete: async rows => rows.map(row => ({ ...row, tags: [] })),
  })

export type RuleStore = ReturnType<typeof ruleStore>

/** Groups in `securitygroups`, with their rules; which one is a project's default, in `default_security_group`. */
export const securityGroupStore = (db: Pick<Database<Tables>, 'read'>, rules: RuleStore) => ({
  ...keeping<SecurityGroup>(db, {
    table: 'securitygroups',
    kind: 'network.security_group',
    columns: { ...standard, name: 'text', stateful: 'flag' },
    isVisible: ownOrShared('securitygroups', 'security_group'),
    filters: { shared: sharedFilter('securitygroups', 'security_group'), ...tagFilters('securitygroups') },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const ids = rows.map(({ id }) => id)
      if (ids.length === 0) return []
      const byGroup = Map.groupBy(
        await rules.list({ filters: { security_group_id: ids }, sort: [] }, undefined, read),
        rule => rule.securityGroupId,
      )
      const [shared, tags] = [await sharedAmong(read, 'security_group', ids, viewer), await tagsAmong(read, ids)]
      const usual = await read
        .selectFrom('default_security_group')
        .select('security_group_id')
        .where('security_group_id', 'in', ids)
        .execute()
      const defaults = new Set(usual.map(row => String(row['security_group_id'])))
      return rows.map(row => ({
        ...row,
        rules: byGroup.get(row.id) ?? [],
        shared: shared.has(row.id),
        tags: tags.get(row.id) ?? [],
        isDefault: defaults.has(row.id),
      }))
    },
  }),

  async defaultOf(projectId: string, from: Reading = db.read): Promise<string | undefined> {
    const row = await from
      .selectFrom('default_security_group')
      .select('security_group_id')
      .where('project_id', '=', projectId)
      .executeTakeFirst()
    return row && String(row['security_group_id'])
  },

  setDefault: (tx: Transaction, projectId: string, groupId: string) =>
    tx.change([], writer =>
      writer.insertInto('default_security_group').values({ project_id: projectId, security_group_id: groupId }).execute(),
    ),

  unsetDefault: (tx: Transaction, groupId: string) =>
    tx.change([], writer => writer.deleteFrom('default_security_group').where('security_group_id', '=', groupId).execute()),

  async isOnPorts(groupId: string, from: Reading): Promise<boolean> {
    const row = await from
      .selectFrom('securitygroupportbindings')
      .select('port_id')
      .where('security_group_id', '=', groupId)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },

  /** The projects whose ports are in a group. */
  async projectsIn(groupId: string, from: Reading): Promise<readonly string[]> {
    const rows = await from
      .selectFrom('securitygroupportbindings')
      .innerJoin('ports', 'ports.id', 'securitygroupportbindings.port_id')
      .select('ports.project_id')
      .distinct()
      .where('securitygroupportbindings.security_group_id', '=', groupId)
      .execute()
    return rows.map(row => String(row['project_id']))
  },

  /** The ports in a group: whose addresses its remote rules mean. */
  async portsIn(groupId: string, from: Reading): Promise<readonly string[]> {
    const rows = await from.selectFrom('securitygroupportbindings').select('port_id').where('security_group_id', '=', groupId).execute()
    return rows.map(row => String(row['port_id']))
  },
})

export type SecurityGroupStore = ReturnType<typeof securityGroupStore>
