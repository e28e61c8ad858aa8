import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Seal } from '../credentials/credential.ts'
import type { AccessTokenRow, Tables, Transaction } from '../tables.ts'
import type { AccessToken } from './access-token.ts'

type Column = 'consumer_id' | 'authorizing_user_id' | 'project_id'

/** Access tokens in the table `access_token`, their secrets sealed. */
export const accessTokenStore = ({ read }: Pick<Database<Tables>, 'read'>, secrets: Seal) => {
  const toRow = ({ id, secret, consumerId, userId, projectId, roleIds, expiresAt }: AccessToken): AccessTokenRow => ({
    id,
    secret: secrets.seal(secret),
    authorizing_user_id: userId,
    project_id: projectId,
    role_ids: JSON.stringify(roleIds),
    consumer_id: consumerId,
    expires_at: expiresAt,
  })
  const toToken = (row: AccessTokenRow): AccessToken => ({
    id: row.id,
    secret: secrets.open(row.secret),
    consumerId: row.consumer_id,
    userId: row.authorizing_user_id,
    projectId: row.project_id,
    roleIds: JSON.parse(row.role_ids),
    expiresAt: row.expires_at,
  })

  return {
    async find(id: string, from = read): Promise<AccessToken | undefined> {
      const row = await from.selectFrom('access_token').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toToken(row)
    },

    async list(filter: { userId: string }, from = read): Promise<readonly AccessToken[]> {
      const rows = await from
        .selectFrom('access_token')
        .selectAll()
        .where('authorizing_user_id', '=', filter.userId)
        .orderBy('id')
        .execute()
      return rows.map(toToken)
    },

    insert: (tx: Transaction, token: AccessToken) =>
      tx.change(change(token, 'created'), sql => sql.insertInto('access_token').values(toRow(token)).execute()),

    delete: (tx: Transaction, token: AccessToken) =>
      tx.change(change(token, 'deleted'), sql => sql.deleteFrom('access_token').where('id', '=', token.id).execute()),

    async deleteAll(tx: Transaction, column: Column, id: string): Promise<void> {
      const doomed = await tx.read.selectFrom('access_token').selectAll().where(column, '=', id).execute()
      if (doomed.length === 0) return
      await tx.change(
        doomed.map(row => change(toToken(row), 'deleted')),
        sql => sql.deleteFrom('access_token').where(column, '=', id).execute(),
      )
    },

    /** Seals anew what an older key sealed, and says how many. */
    async reseal(tx: Transaction): Promise<number> {
      const rows = await tx.read.selectFrom('access_token').selectAll().execute()
      const stale = rows.filter(row => !secrets.isCurrent(row.secret))
      await tx.change([], async sql => {
        for (const row of stale)
          await sql
            .updateTable('access_token')
            .set(toRow(toToken(row)))
            .where('id', '=', row.id)
            .execute()
      })
      return stale.length
    },
  }
}

export type AccessTokenStore = ReturnType<typeof accessTokenStore>

const change = ({ secret: _, ...shown }: AccessToken, act: string) => ({
  kind: 'identity.access_token',
  id: shown.id,
  act,
  userId: shown.userId,
  projectId: shown.projectId,
  after: shown,
})
