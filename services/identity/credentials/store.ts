import type { Database } from '@kilonova/platform/sql/database.ts'
import type { CredentialRow, Tables, Transaction } from '../tables.ts'
import type { Cipher, Credential } from './credential.ts'

type Filter = { readonly [Field in 'userId' | 'projectId' | 'type']?: string | undefined }

/** Credentials in the table `credential`, sealed on the way in and opened on the way out. */
export const credentialStore = ({ read }: Pick<Database<Tables>, 'read'>, cipher: Cipher) => {
  const toRow = ({ id, userId, projectId, type, blob, extra }: Credential): CredentialRow => {
    const { sealed, keyHash } = cipher.seal(blob)
    return { id, user_id: userId, project_id: projectId, type, encrypted_blob: sealed, key_hash: keyHash, extra: JSON.stringify(extra) }
  }

  const toCredential = (row: CredentialRow): Credential => {
    const blob = cipher.open(row.encrypted_blob)
    if (blob === undefined) throw new Error(`no credential key opens the credential ${row.id}`)
    return { id: row.id, userId: row.user_id, projectId: row.project_id, type: row.type, blob, extra: JSON.parse(row.extra) }
  }

  return {
    async find(id: string, from = read): Promise<Credential | undefined> {
      const row = await from.selectFrom('credential').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toCredential(row)
    },

    async list({ userId, projectId, type }: Filter, from = read): Promise<readonly Credential[]> {
      let rows = from.selectFrom('credential').selectAll().orderBy('id')
      if (userId !== undefined) rows = rows.where('user_id', '=', userId)
      if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
      if (type !== undefined) rows = rows.where('type', '=', type)
      return (await rows.execute()).map(toCredential)
    },

    async count(userId: string, from = read): Promise<number> {
      const { count } = await from
        .selectFrom('credential')
        .select(({ fn }) => fn.countAll().as('count'))
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    insert: (tx: Transaction, credential: Credential) =>
      tx.change(change(credential, 'created'), sql => sql.insertInto('credential').values(toRow(credential)).execute()),

    update: (tx: Transaction, credential: Credential) =>
      tx.change(change(credential, 'updated'), sql =>
        sql.updateTable('credential').set(toRow(credential)).where('id', '=', credential.id).execute(),
      ),

    delete: (tx: Transaction, credential: Pick<Credential, 'id' | 'userId' | 'projectId' | 'type'>) =>
      tx.change(change(credential, 'deleted'), sql => sql.deleteFrom('credential').where('id', '=', credential.id).execute()),

    /** Seals anew what an older key sealed, and says how many. What no key opens any more is left as it is. */
    async reseal(tx: Transaction): Promise<number> {
      const rows = await tx.read.selectFrom('credential').selectAll().execute()
      const stale = rows.filter(row => !cipher.isCurrent(row.encrypted_blob) && cipher.open(row.encrypted_blob) !== undefined)
      await tx.change([], async sql => {
        for (const row of stale)
          await sql
            .updateTable('credential')
            .set(toRow(toCredential(row)))
            .where('id', '=', row.id)
            .execute()
      })
      return stale.length
    },

    /** All of one user or one project, whether or not a key still opens them. */
    async deleteAll(tx: Transaction, of: { userId: string } | { projectId: string }): Promise<void> {
      const [column, id] = 'userId' in of ? (['user_id', of.userId] as const) : (['project_id', of.projectId] as const)
      const doomed = await tx.read.selectFrom('credential').select(['id', 'user_id', 'project_id', 'type']).where(column, '=', id).execute()
      if (doomed.length === 0) return
      await tx.change(
        doomed.map(row => change({ id: row.id, userId: row.user_id, projectId: row.project_id, type: row.type }, 'deleted')),
        sql => sql.deleteFrom('credential').where(column, '=', id).execute(),
      )
    },
  }
}

export type CredentialStore = ReturnType<typeof credentialStore>

const change = ({ id, userId, projectId, type }: Omit<Credential, 'blob' | 'extra'>, act: string) => ({
  kind: 'identity.credential',
  id,
  act,
  userId,
  projectId: projectId ?? undefined,
  after: { id, userId, projectId, type },
})
