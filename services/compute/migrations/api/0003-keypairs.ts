import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const keypairs: Migration = {
  name: '0003-keypairs',
  async up(schema, dialect) {
    const c = columns(dialect)
    await schema
      .createTable('key_pair')
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      // What the API shows as its id.
      .addColumn('number', c.bigint, col => col.notNull())
      .addColumn('type', c.id, col => col.notNull())
      .addColumn('public_key', c.longText, col => col.notNull())
      .addColumn('fingerprint', c.text, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addPrimaryKeyConstraint('key_pair_pk', ['user_id', 'name'])
      .execute()
  },
}
