import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const flavors: Migration = {
  name: '0001-flavors',
  async up(schema, dialect) {
    const c = columns(dialect)
    await schema
      .createTable('flavor')
      .addColumn('id', c.text, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('memory_mb', c.integer, col => col.notNull())
      .addColumn('vcpus', c.integer, col => col.notNull())
      .addColumn('disk_gb', c.integer, col => col.notNull())
      .addColumn('swap_mb', c.integer, col => col.notNull())
      .addColumn('ephemeral_gb', c.integer, col => col.notNull())
      .addColumn('rxtx_factor', c.double, col => col.notNull())
      .addColumn('is_public', c.flag, col => col.notNull())
      .addColumn('disabled', c.flag, col => col.notNull())
      .addColumn('description', c.longText)
      .addColumn('created_at', c.time, col => col.notNull())
      .execute()
    await schema.createIndex('flavor_name').on('flavor').unique().columns(['name']).execute()

    await schema
      .createTable('flavor_extra_spec')
      .addColumn('flavor_id', c.text, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('value', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('flavor_extra_spec_pk', ['flavor_id', 'name'])
      .execute()

    // Projects that may see a flavor that is not public.
    await schema
      .createTable('flavor_access')
      .addColumn('flavor_id', c.text, col => col.notNull())
      .addColumn('project_id', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('flavor_access_pk', ['flavor_id', 'project_id'])
      .execute()
  },
}
