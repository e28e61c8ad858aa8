import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Seal } from '../credentials/credential.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { Consumer } from './consumer.ts'

type Row = Tables['consumer']

/** Consumers in the table `consumer`, their secrets sealed. */
export const consumerStore = ({ read }: Pick<Database<Tables>, 'read'>, secrets: Seal) => {
  const toRow = ({ id, description, secret, extra }: Consumer): Row => ({
    id,
    description,
    secret: secrets.seal(secret),
    extra: JSON.stringify(extra),
  })
  const toConsumer = (row: Row): Consumer => ({ ...row, secret: secrets.open(row.secret), extra: JSON.parse(row.extra) })

  return {
    async find(id: string, from = read): Promise<Consumer | undefined> {
      const row = await from.selectFrom('consumer').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toConsumer(row)
    },

    async list(from = read): Promise<readonly Consumer[]> {
      return (await from.selectFrom('consumer').selectAll().orderBy('id').execute()).map(toConsumer)
    },

    insert: (tx: Transaction, consumer: Consumer) =>
      tx.change(change(consumer, 'created'), sql => sql.insertInto('consumer').values(toRow(consumer)).execute()),

    update: (tx: Transaction, consumer: Consumer) =>
      tx.change(change(consumer, 'updated'), sql =>
        sql.updateTable('consumer').set(toRow(consumer)).where('id', '=', consumer.id).execute(),
      ),

    delete: (tx: Transaction, consumer: Consumer) =>
      tx.change(change(consumer, 'deleted'), sql => sql.deleteFrom('consumer').where('id', '=', consumer.id).execute()),

    /** Seals anew what an older key sealed, and says how many. */
    async reseal(tx: Transaction): Promise<number> {
      const rows = await tx.read.selectFrom('consumer').select(['id', 'secret']).execute()
      const stale = rows.filter(row => !secrets.isCurrent(row.secret))
      await tx.change([], async sql => {
        for (const { id, secret } of stale)
          await sql
            .updateTable('consumer')
            .set({ secret: secrets.seal(secrets.open(secret)) })
            .where('id', '=', id)
            .execute()
      })
      return stale.length
    },
  }
}

export type ConsumerStore = ReturnType<typeof consumerStore>

const change = ({ id, description, extra }: Consumer, act: string) => ({
  kind: 'identity.consumer',
  id,
  act,
  after: { id, description, extra },
})
