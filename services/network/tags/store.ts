import type { Transaction } from '../tables.ts'
import type { Tag } from './tag.ts'

/** Tags in the table `tag`. */
export const tagStore = () => ({
  write: (tx: Transaction, resourceId: string, tags: readonly Tag[]) =>
    tx.change([], async sql => {
      await sql.deleteFrom('tag').where('resource_id', '=', resourceId).execute()
      if (tags.length > 0)
        await sql
          .insertInto('tag')
          .values(tags.map(tag => ({ resource_id: resourceId, tag })))
          .execute()
    }),
})

export type TagStore = ReturnType<typeof tagStore>
