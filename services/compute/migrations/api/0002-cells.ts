import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const cellMappings: Migration = {
  name: '0002-cells',
  async up(schema, dialect) {
    const c = columns(dialect)
    await schema
      .createTable('cell_mapping')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .execute()

    // In which cell's database a server's row is.
    await schema
      .createTable('instance_mapping')
      .addColumn('instance_id', c.id, col => col.primaryKey())
      .addColumn('cell_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .execute()
  },
}
