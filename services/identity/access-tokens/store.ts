import type { Database } from '@kilonova/platform/sql/database.ts'
import type { AccessTokenRow, Tables, Transaction } from '../tables.ts'
import type { AccessToken } from './access-token.ts'

type Column = 'consumer_id' | 'authorizing_user_id' | 'project_id'

/** Access tokens in the table `access_token`. */
export const accessTokenStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<AccessToken | undefined> {
    const row = await from.selectFrom('access_token').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toToken(row)
  },

  async list(filter: { userId: string }, from = read): Promise<readonly AccessToken[]> {
    const rows = await from.selectFrom('access_token').selectAll().where('authorizing_user_id', '=', filter.userId).orderBy('id').execute()
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
})

export type AccessTokenStore = ReturnType<typeof accessTokenStore>

const change = ({ secret: _, ...shown }: AccessToken, act: string) => ({
  kind: 'identity.access_token',
  id: shown.id,
  act,
  userId: shown.userId,
  projectId: shown.projectId,
  after: shown,
})

const toRow = ({ id, secret, consumerId, userId, projectId, roleIds, expiresAt }: AccessToken): AccessTokenRow => ({
  id,
  secret,
  authorizing_user_id: userId,
  project_id: projectId,
  role_ids: JSON.stringify(roleIds),
  consumer_id: consumerId,
  expires_at: expiresAt,
})

const toToken = (row: AccessTokenRow): AccessToken => ({
  id: row.id,
  secret: row.secret,
  consumerId: row.consumer_id,
  userId: row.authorizing_user_id,
  projectId: row.project_id,
  roleIds: JSON.parse(row.role_ids),
  expiresAt: row.expires_at,
})
