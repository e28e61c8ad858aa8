import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'

export const instanceCounter: Migration = {
  name: '0002-instance-counter',
  async up(schema, dialect) {
    const c = columns(dialect)
    // Two servers made at once must not get one number, nor may a number come again.
    await schema
      .createTable('instance_counter')
      .addColumn('last', c.bigint, col => col.notNull())
      .execute()
    await schema.run(sql`insert into instance_counter (last) select highest
      from (select coalesce(max(number), 0) as highest from instance) as numbers where not exists (select 1 from instance_counter)`)
  },
}
