import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'

export const flavorNumbers: Migration = {
  name: '0008-flavor-numbers',
  async up(schema, dialect) {
    const c = columns(dialect)
    await schema.alterTable('flavor').addColumn('number', c.integer).execute()
    // In the order in which they were made; of those of one moment, by their ids.
    await schema.run(sql`update flavor set number = (select place from (select id, row_number() over (order by created_at, id) as place
      from flavor) as numbered where numbered.id = flavor.id)`)
    await schema
      .createTable('flavor_counter')
      .addColumn('last', c.bigint, col => col.notNull())
      .execute()
    await schema.run(sql`insert into flavor_counter (last) select coalesce(max(number), 0) from flavor`)
  },
}
