import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import { everybody, where } from '../listings/listing.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { namedColumns, standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import { shareable } from '../tables/sharing.ts'
import type { SecurityGroup, SecurityGroupRule } from './security-group/security-group.ts'

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
      ...standardColumns,
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
    complete: asTheyLie,
  })

export type RuleStore = ReturnType<typeof ruleStore>

const open = shareable('securitygroups', 'security_group')

/** Groups in `securitygroups`, with their rules; which one is a project's default, in `default_security_group`. */
export const securityGroupStore = (db: Pick<Database<Tables>, 'read'>, rules: RuleStore) => ({
  ...keeping<SecurityGroup>(db, {
    table: 'securitygroups',
    kind: 'network.security_group',
    columns: { ...namedColumns, stateful: 'flag' },
    ...open,
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const ids = rows.map(({ id }) => id)
      if (ids.length === 0) return []
      const byGroup = Map.groupBy(await rules.list(where({ security_group_id: ids }), everybody, read), rule => rule.securityGroupId)
      const defaults = await defaultsAmong(read, ids)
      const known = await open.complete(rows, read, viewer)
      return known.map(row => ({ ...row, rules: byGroup.get(row.id) ?? [], isDefault: defaults.has(row.id) }))
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
})

/** Of these groups, those that are their projects' default ones. */
async function defaultsAmong(read: Reading, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await read.selectFrom('default_security_group').select('security_group_id').where('security_group_id', 'in', ids).execute()
  return new Set(rows.map(row => String(row['security_group_id'])))
}

export type SecurityGroupStore = ReturnType<typeof securityGroupStore>
