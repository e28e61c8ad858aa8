import type { Cause } from '@kilonova/platform/cause.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { RevocationRow, Tables, Transaction } from '../tables.ts'
import type { Revocation } from './revocation.ts'

/** Revocations in `revocation_event`. In the table '' stands for a field that does not narrow. */
export const revocationStore = ({ read, transaction }: Pick<Database<Tables>, 'read' | 'transaction'>) => ({
  async list(
    { unexpiredAt, revokedSince }: { unexpiredAt?: number; revokedSince?: number } = {},
    from = read,
  ): Promise<readonly Revocation[]> {
    let events = from.selectFrom('revocation_event').selectAll().orderBy('revoked_at').orderBy('id')
    if (unexpiredAt !== undefined) events = events.where('expires_at', '>', iso(unexpiredAt))
    if (revokedSince !== undefined) events = events.where('revoked_at', '>=', iso(revokedSince))
    return (await events.execute()).map(toRevocation)
  },

  insert: (tx: Transaction, revocation: Revocation) =>
    tx.change({ kind: 'identity.revocation', id: revocation.id, act: 'created', userId: revocation.userId, after: revocation }, sql =>
      sql.insertInto('revocation_event').values(toRow(revocation)).execute(),
    ),

  deleteExpired: (now: number, cause: Cause) =>
    transaction(cause, tx => tx.change([], sql => sql.deleteFrom('revocation_event').where('expires_at', '<', iso(now)).execute())),
})

export type RevocationStore = ReturnType<typeof revocationStore>

const iso = (ms: number) => new Date(ms).toISOString()

const toRow = (event: Revocation): RevocationRow => ({
  id: event.id,
  audit_id: event.auditId ?? '',
  audit_chain_id: event.auditChainId ?? '',
  user_id: event.userId ?? '',
  project_id: event.projectId ?? '',
  domain_id: event.domainId ?? '',
  role_id: event.roleId ?? '',
  trust_id: event.trustId ?? '',
  consumer_id: event.consumerId ?? '',
  access_token_id: event.accessTokenId ?? '',
  issued_before: iso(event.issuedBefore),
  expires_at: iso(event.expiresAt),
  revoked_at: iso(event.revokedAt),
})

const toRevocation = (row: RevocationRow): Revocation => ({
  id: row.id,
  auditId: row.audit_id || undefined,
  auditChainId: row.audit_chain_id || undefined,
  userId: row.user_id || undefined,
  projectId: row.project_id || undefined,
  domainId: row.domain_id || undefined,
  roleId: row.role_id || undefined,
  trustId: row.trust_id || undefined,
  consumerId: row.consumer_id || undefined,
  accessTokenId: row.access_token_id || undefined,
  issuedBefore: Date.parse(row.issued_before),
  expiresAt: Date.parse(row.expires_at ?? row.revoked_at),
  revokedAt: Date.parse(row.revoked_at),
})
