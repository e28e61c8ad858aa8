import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { keeping } from '../tables/keeping.ts'
import type { RbacPolicy } from './rbac-policy/rbac-policy.ts'

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

  /** Everything of one project has in one table: whose ports, subnets... lie where. */
  async projectsWith(table: string, column: string, value: string, from: Reading = db.read): Promise<readonly string[]> {
    const rows = await from.selectFrom(table).select('project_id').distinct().where(column, '=', value).execute()
    return rows.map(row => String(row['project_id']))
  },

  deleteOf: (tx: Transaction, objectIds: readonly string[]) =>
    tx.change([], async sql => {
      if (objectIds.length > 0) await sql.deleteFrom('rbac_policy').where('object_id', 'in', objectIds).execute()
    }),
})

export type RbacStore = ReturnType<typeof rbacStore>
