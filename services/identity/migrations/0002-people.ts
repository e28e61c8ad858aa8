import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const people: Migration = {
  name: '0002-people',
  async up(schema, dialect) {
    const c = columns(dialect)

    // Domains and projects. domain_id and parent_id are '' for a domain, so that the unique index holds for domains too.
    await schema
      .createTable('project')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('name_folded', c.text, col => col.notNull())
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('parent_id', c.id, col => col.notNull())
      .addColumn('is_domain', c.flag, col => col.notNull())
      .addColumn('enabled', c.flag, col => col.notNull())
      .addColumn('description', c.longText, col => col.notNull())
      .addColumn('options', c.json, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('project_domain_id_name_folded').on('project').unique().columns(['domain_id', 'name_folded']).execute()
    await schema.createIndex('project_parent_id').on('project').columns(['parent_id']).execute()

    await schema
      .createTable('project_tag')
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('project_tag_pk', ['project_id', 'name'])
      .execute()
    await schema.createIndex('project_tag_name').on('project_tag').columns(['name']).execute()

    await schema
      .createTable('domain_config')
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('config_group', c.text, col => col.notNull())
      .addColumn('config_option', c.text, col => col.notNull())
      .addColumn('value', c.longText, col => col.notNull())
      .addColumn('is_sensitive', c.flag, col => col.notNull())
      .addPrimaryKeyConstraint('domain_config_pk', ['domain_id', 'config_group', 'config_option'])
      .execute()

    await schema
      .createTable('user')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('name_folded', c.text, col => col.notNull())
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('default_project_id', c.id)
      .addColumn('enabled', c.flag, col => col.notNull())
      .addColumn('options', c.json, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('last_active_at', c.time)
      .addColumn('failed_auth_count', c.integer, col => col.notNull())
      .addColumn('failed_auth_at', c.time)
      .execute()
    await schema.createIndex('user_domain_id_name_folded').on('user').unique().columns(['domain_id', 'name_folded']).execute()
    await schema.createIndex('user_default_project_id').on('user').columns(['default_project_id']).execute()

    // All that may not be reused, the highest ordinal in force.
    await schema
      .createTable('password')
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('ordinal', c.integer, col => col.notNull())
      .addColumn('hash', c.text, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('expires_at', c.time)
      .addColumn('self_service', c.flag, col => col.notNull())
      .addPrimaryKeyConstraint('password_pk', ['user_id', 'ordinal'])
      .execute()

    await schema
      .createTable('user_group')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('name_folded', c.text, col => col.notNull())
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('description', c.longText, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('user_group_domain_id_name_folded').on('user_group').unique().columns(['domain_id', 'name_folded']).execute()

    await schema
      .createTable('membership')
      .addColumn('user_id', c.id, col => col.notNull())
      .addColumn('group_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('membership_pk', ['user_id', 'group_id'])
      .execute()
    await schema.createIndex('membership_group_id').on('membership').columns(['group_id']).execute()
  },
}
