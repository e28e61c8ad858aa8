import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Seal } from '../credentials/credential.ts'
import type { RequestTokenRow, Tables, Transaction } from '../tables.ts'
import type { RequestToken } from './request-token.ts'

type Column = 'consumer_id' | 'authorizing_user_id' | 'requested_project_id'

/** Request tokens in the table `request_token`, their secrets and verifiers sealed. */
export const requestTokenStore = ({ read }: Pick<Database<Tables>, 'read'>, secrets: Seal) => {
  const toToken = (row: RequestTokenRow): RequestToken => ({
    id: row.id,
    secret: secrets.open(row.secret),
    consumerId: row.consumer_id,
    projectId: row.requested_project_id,
    expiresAt: row.expires_at,
    grant:
      row.authorizing_user_id === null
        ? undefined
        : {
            userId: row.authorizing_user_id,
            verifier: row.verifier === null ? '' : secrets.open(row.verifier),
            roleIds: JSON.parse(row.role_ids ?? '[]'),
          },
  })
  const toRow = ({ id, secret, consumerId, projectId, expiresAt, grant }: RequestToken): RequestTokenRow => ({
    id,
    secret: secrets.seal(secret),
    verifier: grant ? secrets.seal(grant.verifier) : null,
    authorizing_user_id: grant?.userId ?? null,
    requested_project_id: projectId,
    role_ids: grant ? JSON.stringify(grant.roleIds) : null,
    consumer_id: consumerId,
    expires_at: expiresAt,
  })

  return {
    async find(id: string, from = read): Promise<RequestToken | undefined> {
      const row = await from.selectFrom('request_token').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toToken(row)
    },

    /** A read across the corridor. */
    async hasProject(id: string): Promise<boolean> {
      return (await read.selectFrom('project').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
    },

    insert: (tx: Transaction, token: RequestToken) =>
      tx.change(change(token, 'created'), sql => sql.insertInto('request_token').values(toRow(token)).execute()),

    update: (tx: Transaction, token: RequestToken) =>
      tx.change(change(token, 'updated'), sql => sql.updateTable('request_token').set(toRow(token)).where('id', '=', token.id).execute()),

    delete: (tx: Transaction, token: RequestToken) =>
      tx.change(change(token, 'deleted'), sql => sql.deleteFrom('request_token').where('id', '=', token.id).execute()),

    async deleteAll(tx: Transaction, column: Column, id: string): Promise<void> {
      const doomed = await tx.read.selectFrom('request_token').selectAll().where(column, '=', id).execute()
      if (doomed.length === 0) return
      await tx.change(
        doomed.map(row => change(toToken(row), 'deleted')),
        sql => sql.deleteFrom('request_token').where(column, '=', id).execute(),
      )
    },

    /** Seals anew what an older key sealed, and says how many. */
    async reseal(tx: Transaction): Promise<number> {
      const rows = await tx.read.selectFrom('request_token').selectAll().execute()
      const stale = rows.filter(row => !secrets.isCurrent(row.secret))
      await tx.change([], async sql => {
        for (const row of stale)
          await sql
            .updateTable('request_token')
            .set(toRow(toToken(row)))
            .where('id', '=', row.id)
            .execute()
      })
      return stale.length
    },
  }
}

export type RequestTokenStore = ReturnType<typeof requestTokenStore>

const change = ({ id, consumerId, projectId, expiresAt, grant }: RequestToken, act: string) => ({
  kind: 'identity.request_token',
  id,
  act,
  projectId,
  userId: grant?.userId,
  after: { id, consumerId, projectId, expiresAt, userId: grant?.userId, roleIds: grant?.roleIds },
})
