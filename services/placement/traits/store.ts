import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { Trait } from './trait/trait.ts'

/** The operator's own traits, in the table `trait`, and who has which, in `provider_trait`. */
export const traitStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(name: string, from = read): Promise<Trait | undefined> {
    const row = await from.selectFrom('trait').selectAll().where('name', '=', name).executeTakeFirst()
    return row && { name: row.name, createdAt: row.created_at }
  },

  async list(from = read): Promise<readonly Trait[]> {
    const rows = await from.selectFrom('trait').selectAll().orderBy('name').execute()
    return rows.map(row => ({ name: row.name, createdAt: row.created_at }))
  },

  /** The traits that some provider has. */
  async listAssociated(from = read): Promise<readonly string[]> {
    return (await from.selectFrom('provider_trait').select('trait').distinct().execute()).map(row => row.trait)
  },

  async isAssociated(name: string, from = read): Promise<boolean> {
    const row = await from.selectFrom('provider_trait').select('trait').where('trait', '=', name).limit(1).executeTakeFirst()
    return row !== undefined
  },

  async listOfProvider(uuid: string, from = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('provider_trait').select('trait').where('provider_uuid', '=', uuid).orderBy('trait').execute()
    return rows.map(row => row.trait)
  },

  insert: (tx: Transaction, name: string, createdAt: number) =>
    tx.change({ kind, id: name, act: 'created' }, sql => sql.insertInto('trait').values({ name, created_at: createdAt }).execute()),

  delete: (tx: Transaction, name: string) =>
    tx.change({ kind, id: name, act: 'deleted' }, sql => sql.deleteFrom('trait').where('name', '=', name).execute()),

  /** From here to the commit nobody deletes these. */
  async updateToHold(tx: Transaction, names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await tx.change([], sql =>
      sql
        .updateTable('trait')
        .set(row => ({ created_at: row.ref('created_at') }))
        .where('name', 'in', names)
        .execute(),
    )
  },

  /** Who writes a provider's traits holds the provider. */
  updateOfProvider: (tx: Transaction, uuid: string, traits: readonly string[]) =>
    tx.change({ kind: 'placement.resource_provider', id: uuid, act: 'marked', after: { traits } }, async sql => {
      await sql.deleteFrom('provider_trait').where('provider_uuid', '=', uuid).execute()
      if (traits.length === 0) return
      const rows = traits.map(trait => ({ provider_uuid: uuid, trait }))
      await sql.insertInto('provider_trait').values(rows).execute()
    }),
})

export type TraitStore = ReturnType<typeof traitStore>

const kind = 'placement.trait'
