import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { PolicyDocument } from './policy-document.ts'

/** Policy documents in the table `policy`. What a transaction has written is seen by passing its `tx.read`. */
export const policyDocumentStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<PolicyDocument | undefined> {
    const row = await from.selectFrom('policy').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toDocument(row)
  },

  async list(from = read): Promise<readonly PolicyDocument[]> {
    return (await from.selectFrom('policy').selectAll().orderBy('id').execute()).map(toDocument)
  },

  insert: (tx: Transaction, document: PolicyDocument) =>
    tx.change(change(document, 'created'), sql => sql.insertInto('policy').values(toRow(document)).execute()),

  update: (tx: Transaction, document: PolicyDocument) =>
    tx.change(change(document, 'updated'), sql => sql.updateTable('policy').set(toRow(document)).where('id', '=', document.id).execute()),

  delete: (tx: Transaction, document: PolicyDocument) =>
    tx.change(change(document, 'deleted'), sql => sql.deleteFrom('policy').where('id', '=', document.id).execute()),
})

export type PolicyDocumentStore = ReturnType<typeof policyDocumentStore>

/** The log does without the blob, which may be long. */
const change = ({ id, type }: PolicyDocument, act: string) => ({ kind: 'identity.policy', id, act, after: { id, type } })

const toRow = ({ extra, ...document }: PolicyDocument) => ({ ...document, extra: JSON.stringify(extra) })

const toDocument = (row: Tables['policy']): PolicyDocument => ({ ...row, extra: JSON.parse(row.extra) })
