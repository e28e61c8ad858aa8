import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const quotas: Migration = {
  name: '0007-quotas',
  async up(schema, dialect) {
    const c = columns(dialect)
    // What operators said: of a project, of a user in it, or of a class; -1 is any number. The class `default` is for everybody else.
    await schema
      .createTable('quota_limit')
      .addColumn('scope', c.id, col => col.notNull())
      // The project's id, or the class's name.
      .addColumn('owner', c.text, col => col.notNull())
      // '' unless it is of one user.
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('resource', c.id, col => col.notNull())
      .addColumn('hard_limit', c.integer, col => col.notNull())
      .addPrimaryKeyConstraint('quota_limit_pk', ['scope', 'owner', 'user_id', 'resource'])
      .execute()
  },
}
