import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const placement: Migration = {
  name: '0001-placement',
  async up(schema, dialect) {
    const c = columns(dialect)

    // Who has something to give: hosts, parts of hosts, shared storage. A forest.
    await schema
      .createTable('resource_provider')
      .addColumn('uuid', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('generation', c.bigint, col => col.notNull())
      .addColumn('parent_uuid', c.id)
      .addColumn('root_uuid', c.id, col => col.notNull())
      .addColumn('created_at', c.bigint, col => col.notNull())
      .addColumn('changed_at', c.bigint, col => col.notNull())
      .execute()
    await schema.createIndex('resource_provider_name').on('resource_provider').unique().columns(['name']).execute()
    await schema.createIndex('resource_provider_parent_uuid').on('resource_provider').columns(['parent_uuid']).execute()
    await schema.createIndex('resource_provider_root_uuid').on('resource_provider').columns(['root_uuid']).execute()

    // What it has, by resource class, and how much of it is taken.
    await schema
      .createTable('inventory')
      .addColumn('provider_uuid', c.id, col => col.notNull())
      .addColumn('resource_class', c.text, col => col.notNull())
      .addColumn('total', c.bigint, col => col.notNull())
      .addColumn('reserved', c.bigint, col => col.notNull())
      .addColumn('min_unit', c.bigint, col => col.notNull())
      .addColumn('max_unit', c.bigint, col => col.notNull())
      .addColumn('step_size', c.bigint, col => col.notNull())
      .addColumn('allocation_ratio', c.double, col => col.notNull())
      .addColumn('used', c.bigint, col => col.notNull())
      .addColumn('changed_at', c.bigint, col => col.notNull())
      .addPrimaryKeyConstraint('inventory_pk', ['provider_uuid', 'resource_class'])
      .execute()
    await schema.createIndex('inventory_resource_class').on('inventory').columns(['resource_class']).execute()

    await schema
      .createTable('provider_trait')
      .addColumn('provider_uuid', c.id, col => col.notNull())
      .addColumn('trait', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('provider_trait_pk', ['provider_uuid', 'trait'])
      .execute()
    await schema.createIndex('provider_trait_trait').on('provider_trait').columns(['trait']).execute()

    await schema
      .createTable('provider_aggregate')
      .addColumn('provider_uuid', c.id, col => col.notNull())
      .addColumn('aggregate_uuid', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('provider_aggregate_pk', ['provider_uuid', 'aggregate_uuid'])
      .execute()

    // The operator's own; the standard ones are part of the program.
    for (const table of ['trait', 'resource_class'] as const)
      await schema
        .createTable(table)
        .addColumn('name', c.text, col => col.primaryKey())
        .addColumn('created_at', c.bigint, col => col.notNull())
        .execute()

    // Who takes.
    await schema
      .createTable('consumer')
      .addColumn('uuid', c.id, col => col.primaryKey())
      .addColumn('generation', c.bigint, col => col.notNull())
      .addColumn('project_id', c.text, col => col.notNull())
      .addColumn('user_id', c.text, col => col.notNull())
      .addColumn('consumer_type', c.text)
      .execute()
    await schema.createIndex('consumer_project_id_user_id').on('consumer').columns(['project_id', 'user_id']).execute()

    await schema
      .createTable('allocation')
      .addColumn('consumer_uuid', c.id, col => col.notNull())
      .addColumn('provider_uuid', c.id, col => col.notNull())
      .addColumn('resource_class', c.text, col => col.notNull())
      .addColumn('used', c.bigint, col => col.notNull())
      .addColumn('changed_at', c.bigint, col => col.notNull())
      .addPrimaryKeyConstraint('allocation_pk', ['consumer_uuid', 'provider_uuid', 'resource_class'])
      .execute()
    await schema.createIndex('allocation_provider_uuid').on('allocation').columns(['provider_uuid']).execute()
  },
}
