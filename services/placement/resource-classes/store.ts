import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { ResourceClass } from './resource-class/resource-class.ts'

/** The operator's own resource classes, in the table `resource_class`. */
export const resourceClassStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(name: string, from = read): Promise<ResourceClass | undefined> {
    const row = await from.selectFrom('resource_class').selectAll().where('name', '=', name).executeTakeFirst()
    return row && { name: row.name, createdAt: row.created_at }
  },

  async list(from = read): Promise<readonly ResourceClass[]> {
    const rows = await from.selectFrom('resource_class').selectAll().orderBy('created_at').orderBy('name').execute()
    return rows.map(row => ({ name: row.name, createdAt: row.created_at }))
  },

  insert: (tx: Transaction, name: string, createdAt: number) =>
    tx.change({ kind, id: name, act: 'created' }, sql =>
      sql.insertInto('resource_class').values({ name, created_at: createdAt }).execute(),
    ),

  update: (tx: Transaction, from: string, to: string) =>
    tx.change({ kind, id: from, act: 'renamed', after: { name: to } }, sql =>
      sql.updateTable('resource_class').set({ name: to }).where('name', '=', from).execute(),
    ),

  delete: (tx: Transaction, name: string) =>
    tx.change({ kind, id: name, act: 'deleted' }, sql => sql.deleteFrom('resource_class').where('name', '=', name).execute()),

  /** From here to the commit nobody deletes or renames these. */
  async updateToHold(tx: Transaction, names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await tx.change([], sql =>
      sql
        .updateTable('resource_class')
        .set(row => ({ created_at: row.ref('created_at') }))
        .where('name', 'in', names)
        .execute(),
    )
  },
})

export type ResourceClassStore = ReturnType<typeof resourceClassStore>

const kind = 'placement.resource_class'
