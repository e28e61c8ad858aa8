import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const servers: Migration = {
  name: '0001-servers',
  async up(schema, dialect) {
    const c = columns(dialect)

    // A deleted server keeps its row: its history is asked for.
    await schema
      .createTable('instance')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('number', c.bigint, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('description', c.longText)
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('image_id', c.id, col => col.notNull())
      .addColumn('flavor', c.json, col => col.notNull())
      .addColumn('metadata', c.json, col => col.notNull())
      .addColumn('vm_state', c.id, col => col.notNull())
      .addColumn('task_state', c.id)
      .addColumn('power_state', c.id, col => col.notNull())
      .addColumn('host', c.text)
      .addColumn('fault', c.json)
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .addColumn('launched_at', c.time)
      .addColumn('terminated_at', c.time)
      .addColumn('deleted', c.flag, col => col.notNull())
      .execute()
    await schema.createIndex('instance_number').on('instance').unique().columns(['number']).execute()
    await schema.createIndex('instance_project_id').on('instance').columns(['project_id', 'deleted', 'created_at']).execute()
    await schema.createIndex('instance_host').on('instance').columns(['host', 'deleted']).execute()
  },
}
