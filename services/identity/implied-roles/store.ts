import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { ImpliedRole } from './implied-role.ts'

/** Who implies whom, in the table `implied_role`. */
export const impliedRoleStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list(filter: { priorRoleId?: string; roleId?: string } = {}, from = read): Promise<readonly ImpliedRole[]> {
    const { priorRoleId, roleId } = filter
    let rows = from.selectFrom('implied_role').selectAll().orderBy('prior_role_id').orderBy('implied_role_id')
    if (priorRoleId !== undefined) rows = rows.where('prior_role_id', '=', priorRoleId)
    if (roleId !== undefined) rows = rows.where(({ or, eb }) => or([eb('prior_role_id', '=', roleId), eb('implied_role_id', '=', roleId)]))
    return (await rows.execute()).map(row => ({ priorRoleId: row.prior_role_id, impliedRoleId: row.implied_role_id }))
  },

  insert: (tx: Transaction, implied: ImpliedRole) =>
    tx.change(change(implied, 'created'), sql =>
      sql.insertInto('implied_role').values({ prior_role_id: implied.priorRoleId, implied_role_id: implied.impliedRoleId }).execute(),
    ),

  delete: (tx: Transaction, implied: ImpliedRole) =>
    tx.change(change(implied, 'deleted'), sql =>
      sql
        .deleteFrom('implied_role')
        .where('prior_role_id', '=', implied.priorRoleId)
        .where('implied_role_id', '=', implied.impliedRoleId)
        .execute(),
    ),
})

export type ImpliedRoleStore = ReturnType<typeof impliedRoleStore>

const change = (implied: ImpliedRole, act: string) => ({
  kind: 'identity.implied_role',
  id: `${implied.priorRoleId}/${implied.impliedRoleId}`,
  act,
  after: implied,
})
