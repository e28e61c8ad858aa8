import type { Database } from '@kilonova/platform/sql/database.ts'
import type { RequestTokenRow, Tables, Transaction } from '../tables.ts'
import type { RequestToken } from './request-token.ts'

type Column = 'consumer_id' | 'authorizing_user_id' | 'requested_project_id'

/** Request tokens in the table `request_token`. */
export const requestTokenStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
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
})

export type RequestTokenStore = ReturnType<typeof requestTokenStore>

const change = ({ id, consumerId, projectId, expiresAt, grant }: RequestToken, act: string) => ({
  kind: 'identity.request_token',
  id,
  act,
  projectId,
  userId: grant?.userId,
  after: { id, consumerId, projectId, expiresAt, userId: grant?.userId, roleIds: grant?.roleIds },
})

const toRow = ({ id, secret, consumerId, projectId, expiresAt, grant }: RequestToken): RequestTokenRow => ({
  id,
  secret,
  verifier: grant?.verifier ?? null,
  authorizing_user_id: grant?.userId ?? null,
  requested_project_id: projectId,
  role_ids: grant ? JSON.stringify(grant.roleIds) : null,
  consumer_id: consumerId,
  expires_at: expiresAt,
})

const toToken = (row: RequestTokenRow): RequestToken => ({
  id: row.id,
  secret: row.secret,
  consumerId: row.consumer_id,
  projectId: row.requested_project_id,
  expiresAt: row.expires_at,
  grant:
    row.authorizing_user_id === null
      ? undefined
      : { userId: row.authorizing_user_id, verifier: row.verifier ?? '', roleIds: JSON.parse(row.role_ids ?? '[]') },
})
