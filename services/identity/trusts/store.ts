import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction, TrustRow } from '../tables.ts'
import type { Trust } from './trust.ts'

type Reader = Database<Tables>['read']

export interface TrustFilter {
  readonly id?: string | undefined
  readonly trustorUserId?: string | undefined
  readonly trusteeUserId?: string | undefined
  /** The trustor or the trustee. */
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly redelegatedTrustId?: string | undefined
  readonly roleId?: string | undefined
}

/** Trusts that have not ended, in `trust` and `trust_role`. */
export const trustStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list(filter: TrustFilter = {}, from: Reader = read): Promise<readonly Trust[]> {
    const { id, trustorUserId, trusteeUserId, userId, projectId, redelegatedTrustId, roleId } = filter
    let rows = from.selectFrom('trust').selectAll().where('deleted_at', 'is', null).orderBy('id')
    if (id !== undefined) rows = rows.where('id', '=', id)
    if (trustorUserId !== undefined) rows = rows.where('trustor_user_id', '=', trustorUserId)
    if (trusteeUserId !== undefined) rows = rows.where('trustee_user_id', '=', trusteeUserId)
    if (userId !== undefined)
      rows = rows.where(({ or, eb }) => or([eb('trustor_user_id', '=', userId), eb('trustee_user_id', '=', userId)]))
    if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
    if (redelegatedTrustId !== undefined) rows = rows.where('redelegated_trust_id', '=', redelegatedTrustId)
    if (roleId !== undefined)
      rows = rows.where('id', 'in', ({ selectFrom }) => selectFrom('trust_role').select('trust_id').where('role_id', '=', roleId))
    return withRoles(await rows.execute(), from)
  },

  async find(id: string, from: Reader = read): Promise<Trust | undefined> {
    return (await this.list({ id }, from))[0]
  },

  /** Whether a user is there, and enabled: a read across the corridor. */
  async findUser(id: string, from: Reader = read): Promise<{ readonly enabled: boolean } | undefined> {
    const row = await from.selectFrom('user').select('enabled').where('id', '=', id).executeTakeFirst()
    return row && { enabled: isSet(row.enabled) }
  },

  async hasProject(id: string): Promise<boolean> {
    return (await read.selectFrom('project').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
  },

  insert: (tx: Transaction, trust: Trust) =>
    tx.change(change(trust, 'created'), async sql => {
      await sql.insertInto('trust').values(toRow(trust)).execute()
      if (trust.roleIds.length > 0)
        await sql
          .insertInto('trust_role')
          .values(trust.roleIds.map(role_id => ({ trust_id: trust.id, role_id })))
          .execute()
    }),

  /** Ends it; the row stays. */
  delete: (tx: Transaction, trust: Trust, deletedAt: string) =>
    tx.change(change({ ...trust, deletedAt }, 'deleted'), sql =>
      sql.updateTable('trust').set({ deleted_at: deletedAt }).where('id', '=', trust.id).execute(),
    ),

  /** Throws away the rows of those that ended before; nobody can then tell who acted for whom. */
  async prune(tx: Transaction, before: string): Promise<number> {
    const ended = await tx.read
      .selectFrom('trust')
      .select('id')
      .where(({ or, eb }) => or([eb('deleted_at', 'is not', null), eb('expires_at', '<', before)]))
      .execute()
    for (const { id } of ended)
      await tx.change({ kind: 'identity.trust', id, act: 'pruned' }, async sql => {
        await sql.deleteFrom('trust_role').where('trust_id', '=', id).execute()
        await sql.deleteFrom('trust').where('id', '=', id).execute()
      })
    return ended.length
  },

  /** Takes one use off, whoever else does so meanwhile; false when none is left. */
  updateUses: (tx: Transaction, trust: Trust): Promise<boolean> =>
    tx.change(change({ ...trust, remainingUses: (trust.remainingUses ?? 0) - 1 }, 'updated'), async sql => {
      const { numUpdatedRows } = await sql
        .updateTable('trust')
        .set(({ eb }) => ({ remaining_uses: eb('remaining_uses', '-', 1) }))
        .where('id', '=', trust.id)
        .where('remaining_uses', '>', 0)
        .executeTakeFirstOrThrow()
      return numUpdatedRows > 0n
    }),

  updateRoles: (tx: Transaction, trust: Trust, lost: { readonly roleId: string }) =>
    tx.change(change(trust, 'updated'), sql =>
      sql.deleteFrom('trust_role').where('trust_id', '=', trust.id).where('role_id', '=', lost.roleId).execute(),
    ),
})

export type TrustStore = ReturnType<typeof trustStore>

type TrustRead = Omit<TrustRow, 'impersonation'> & { readonly impersonation: number }

async function withRoles(rows: readonly TrustRead[], from: Reader): Promise<readonly Trust[]> {
  if (rows.length === 0) return []
  const ids = rows.map(row => row.id)
  const roles = await from.selectFrom('trust_role').selectAll().where('trust_id', 'in', ids).orderBy('role_id').execute()
  const rolesOf = Map.groupBy(roles, role => role.trust_id)
  return rows.map(row => ({
    id: row.id,
    trustorUserId: row.trustor_user_id,
    trusteeUserId: row.trustee_user_id,
    projectId: row.project_id,
    impersonation: isSet(row.impersonation),
    expiresAt: row.expires_at,
    remainingUses: row.remaining_uses,
    redelegationCount: row.redelegation_count,
    redelegatedTrustId: row.redelegated_trust_id,
    deletedAt: row.deleted_at,
    roleIds: (rolesOf.get(row.id) ?? []).map(role => role.role_id),
    extra: JSON.parse(row.extra),
  }))
}

const change = (trust: Trust, act: string) => ({
  kind: 'identity.trust',
  id: trust.id,
  act,
  userId: trust.trustorUserId,
  projectId: trust.projectId ?? undefined,
  after: trust,
})

const toRow = (trust: Trust) => ({
  id: trust.id,
  trustor_user_id: trust.trustorUserId,
  trustee_user_id: trust.trusteeUserId,
  project_id: trust.projectId,
  impersonation: trust.impersonation,
  deleted_at: trust.deletedAt,
  expires_at: trust.expiresAt,
  remaining_uses: trust.remainingUses,
  redelegation_count: trust.redelegationCount,
  redelegated_trust_id: trust.redelegatedTrustId,
  extra: JSON.stringify(trust.extra),
})
