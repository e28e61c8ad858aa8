import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const serverGroups: Migration = {
  name: '0004-server-groups',
  async up(schema, dialect) {
    const c = columns(dialect)
    await schema
      .createTable('server_group')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('policy', c.id, col => col.notNull())
      .addColumn('rules', c.json, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .execute()
    await schema.createIndex('server_group_project_id').on('server_group').columns(['project_id', 'created_at']).execute()
    await schema
      .createTable('server_group_member')
      .addColumn('instance_id', c.id, col => col.primaryKey())
      .addColumn('group_id', c.id, col => col.notNull())
      .execute()
    await schema.createIndex('server_group_member_group_id').on('server_group_member').columns(['group_id']).execute()
  },
}
