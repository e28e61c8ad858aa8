import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables } from '../tables.ts'
import { keeping } from '../tables/keeping.ts'
import type { RbacPolicy } from './rbac-policy/rbac-policy.ts'

/** Where each type of object is used: in a table, by a column. */
const uses: Readonly<Record<string, readonly (readonly [table: string, column: string])[]>> = {
  network: [['ports', 'network_id']],
  qos_policy: ['networks', 'ports', 'floatingips', 'routers', 'router_extra_gateways'].map(table => [table, 'qos_policy_id'] as const),
  subnetpool: [['subnets', 'subnetpool_id']],
  address_scope: [['subnetpools', 'address_scope_id']],
  address_group: [['securitygrouprules', 'remote_address_group_id']],
}

/** RBAC policies in the table `rbac_policy`. */
export const rbacStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<RbacPolicy>(db, {
    table: 'rbac_policy',
    kind: 'network.rbac_policy',
    filters: { target_tenant: values => sql<boolean>`rbac_policy.target_project in (${sql.join(values)})` },
    columns: { id: 'text', projectId: 'text', objectType: 'text', objectId: 'text', action: 'text', targetProject: 'text' },
    complete: async rows => rows,
    projectOf: ({ projectId }) => projectId,
  }),

  /** The projects that have something which an object is used by. */
  async usersOf(objectType: string, objectId: string, from: Reading): Promise<readonly string[]> {
    const found = new Set<string>()
    for (const [table, column] of uses[objectType] ?? []) {
      const rows = await from.selectFrom(table).select('project_id').distinct().where(column, '=', objectId).execute()
      for (const row of rows) found.add(String(row['project_id']))
    }
    if (objectType === 'security_group') for (const projectId of await membersOf(objectId, from)) found.add(projectId)
    return [...found]
  },

  /** The projects whose routers lead out by a network. */
  async leavingBy(networkId: string, from: Reading): Promise<readonly string[]> {
    const first = await from.selectFrom('routers').select('project_id').distinct().where('gw_network_id', '=', networkId).execute()
    const extra = await from
      .selectFrom('router_extra_gateways')
      .select('project_id')
      .distinct()
      .where('network_id', '=', networkId)
      .execute()
    return [...new Set([...first, ...extra].map(row => String(row['project_id'])))]
  },
})

export type RbacStore = ReturnType<typeof rbacStore>

/** The projects whose ports are in a security group. */
async function membersOf(groupId: string, from: Reading): Promise<readonly string[]> {
  const rows = await from
    .selectFrom('securitygroupportbindings')
    .innerJoin('ports', 'ports.id', 'securitygroupportbindings.port_id')
    .select('ports.project_id')
    .distinct()
    .where('securitygroupportbindings.security_group_id', '=', groupId)
    .execute()
  return rows.map(row => String(row['project_id']))
}
