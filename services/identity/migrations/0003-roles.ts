import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const roles: Migration = {
  name: '0003-roles',
  async up(schema, dialect) {
    const c = columns(dialect)

    await schema
      .createTable('role')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('name_folded', c.text, col => col.notNull())
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('description', c.longText)
      .addColumn('options', c.json, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('role_domain_id_name_folded').on('role').unique().columns(['domain_id', 'name_folded']).execute()

    await schema
      .createTable('implied_role')
      .addColumn('prior_role_id', c.id, col => col.notNull())
      .addColumn('implied_role_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('implied_role_pk', ['prior_role_id', 'implied_role_id'])
      .execute()
    await schema.createIndex('implied_role_implied_role_id').on('implied_role').columns(['implied_role_id']).execute()

    // Who has which role on what; target_id is 'system' for the system.
    await schema
      .createTable('assignment')
      .addColumn('actor_type', c.id, col => col.notNull())
      .addColumn('actor_id', c.id, col => col.notNull())
      .addColumn('target_type', c.id, col => col.notNull())
      .addColumn('target_id', c.id, col => col.notNull())
      .addColumn('role_id', c.id, col => col.notNull())
      .addColumn('inherited', c.flag, col => col.notNull())
      .addPrimaryKeyConstraint('assignment_pk', ['actor_type', 'actor_id', 'target_type', 'target_id', 'role_id', 'inherited'])
      .execute()
    await schema.createIndex('assignment_target_id').on('assignment').columns(['target_id']).execute()
    await schema.createIndex('assignment_role_id').on('assignment').columns(['role_id']).execute()
  },
}
