import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const quotas: Migration = {
  name: '0006-quotas',
  async up(schema, dialect) {
    const c = columns(dialect)
    // A project's own limits have no user: an empty text.
    await schema
      .createTable('quota')
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('resource', c.id, col => col.notNull())
      .addColumn('hard_limit', c.integer, col => col.notNull())
      .addPrimaryKeyConstraint('quota_pk', ['project_id', 'user_id', 'resource'])
      .execute()
    await schema
      .createTable('quota_class')
      .addColumn('class_name', c.text, col => col.notNull())
      .addColumn('resource', c.id, col => col.notNull())
      .addColumn('hard_limit', c.integer, col => col.notNull())
      .addPrimaryKeyConstraint('quota_class_pk', ['class_name', 'resource'])
      .execute()
  },
}
