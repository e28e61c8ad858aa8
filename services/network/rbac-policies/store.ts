import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Tables } from '../tables.ts'
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
})

export type RbacStore = ReturnType<typeof rbacStore>
