import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const serverPasswords: Migration = {
  name: '0006-server-passwords',
  async up(schema, dialect) {
    const c = columns(dialect)
    // What a guest told the metadata service: its password, sealed with its owner's public key.
    await schema
      .createTable('server_password')
      .addColumn('instance_id', c.id, col => col.primaryKey())
      .addColumn('sealed', c.longText, col => col.notNull())
      .execute()
  },
}
