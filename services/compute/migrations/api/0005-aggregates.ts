import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'

export const aggregates: Migration = {
  name: '0005-aggregates',
  async up(schema, dialect) {
    const c = columns(dialect)
    await schema
      .createTable('aggregate')
      .addColumn('id', c.integer, col => col.primaryKey())
      .addColumn('uuid', c.id, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time)
      .execute()
    await schema.createIndex('aggregate_name').on('aggregate').unique().columns(['name']).execute()
    await schema
      .createTable('aggregate_host')
      .addColumn('aggregate_id', c.integer, col => col.notNull())
      .addColumn('host', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('aggregate_host_pk', ['aggregate_id', 'host'])
      .execute()
    // The availability zone is the metadata of that name.
    await schema
      .createTable('aggregate_metadata')
      .addColumn('aggregate_id', c.integer, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('value', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('aggregate_metadata_pk', ['aggregate_id', 'name'])
      .execute()
    await schema
      .createTable('aggregate_counter')
      .addColumn('last', c.bigint, col => col.notNull())
      .execute()
    await schema.run(sql`insert into aggregate_counter (last) values (0)`)
  },
}
