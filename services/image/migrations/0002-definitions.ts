import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const definitions: Migration = {
  name: '0002-definitions',
  async up(schema, dialect) {
    const c = columns(dialect)

    // Catalogs of what metadata may say.
    await schema
      .createTable('namespace')
      .addColumn('name', c.text, col => col.primaryKey())
      .addColumn('display_name', c.text)
      .addColumn('description', c.longText)
      .addColumn('visibility', c.id, col => col.notNull())
      .addColumn('protected', c.flag, col => col.notNull())
      .addColumn('owner', c.text, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .execute()

    // Which kinds of resources a namespace is for.
    await schema
      .createTable('namespace_resource_type')
      .addColumn('namespace', c.text, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('prefix', c.text)
      .addColumn('properties_target', c.text)
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .addPrimaryKeyConstraint('namespace_resource_type_pk', ['namespace', 'name'])
      .execute()

    for (const table of ['namespace_property', 'namespace_object', 'namespace_tag'])
      await schema
        .createTable(table)
        .addColumn('namespace', c.text, col => col.notNull())
        .addColumn('name', c.text, col => col.notNull())
        .addColumn('content', c.json, col => col.notNull())
        .addColumn('created_at', c.time, col => col.notNull())
        .addColumn('updated_at', c.time, col => col.notNull())
        .addPrimaryKeyConstraint(`${table}_pk`, ['namespace', 'name'])
        .execute()
  },
}
