import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const extensionRecords: Migration = {
  name: '0003-extension-records',
  async up(schema, dialect) {
    const c = columns(dialect)

    // What plug-ins keep, each apart from the others.
    await schema
      .createTable('extension_record')
      .addColumn('plugin', c.text, col => col.notNull())
      .addColumn('id', c.text, col => col.notNull())
      .addColumn('project_id', c.id)
      .addColumn('value', c.json, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .addPrimaryKeyConstraint('extension_record_key', ['plugin', 'id'])
      .execute()
    await schema.createIndex('extension_record_project_id').on('extension_record').columns(['plugin', 'project_id']).execute()
  },
}
