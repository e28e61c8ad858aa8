import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const catalog: Migration = {
  name: '0001-catalog',
  async up(schema, dialect) {
    const c = columns(dialect)

    // Places; a forest.
    await schema
      .createTable('region')
      .addColumn('id', c.text, col => col.primaryKey())
      .addColumn('description', c.longText, col => col.notNull())
      .addColumn('parent_region_id', c.text)
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('region_parent_region_id').on('region').columns(['parent_region_id']).execute()

    // What the cloud serves.
    await schema
      .createTable('service')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('type', c.text, col => col.notNull())
      .addColumn('name', c.text)
      .addColumn('description', c.longText)
      .addColumn('enabled', c.flag, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('service_type').on('service').columns(['type']).execute()

    // Where it is served.
    await schema
      .createTable('endpoint')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('interface', c.id, col => col.notNull())
      .addColumn('region_id', c.text)
      .addColumn('service_id', c.id, col => col.notNull())
      .addColumn('url', c.longText, col => col.notNull())
      .addColumn('enabled', c.flag, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('endpoint_service_id').on('endpoint').columns(['service_id']).execute()
    await schema.createIndex('endpoint_region_id').on('endpoint').columns(['region_id']).execute()

    await schema
      .createTable('endpoint_group')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('description', c.longText)
      .addColumn('filters', c.json, col => col.notNull())
      .execute()

    await schema
      .createTable('project_endpoint')
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('endpoint_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('project_endpoint_pk', ['project_id', 'endpoint_id'])
      .execute()
    await schema.createIndex('project_endpoint_endpoint_id').on('project_endpoint').columns(['endpoint_id']).execute()

    await schema
      .createTable('project_endpoint_group')
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('endpoint_group_id', c.id, col => col.notNull())
      .addPrimaryKeyConstraint('project_endpoint_group_pk', ['project_id', 'endpoint_group_id'])
      .execute()
    await schema
      .createIndex('project_endpoint_group_endpoint_group_id')
      .on('project_endpoint_group')
      .columns(['endpoint_group_id'])
      .execute()

    await schema
      .createTable('policy')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('type', c.text, col => col.notNull())
      .addColumn('blob', c.longText, col => col.notNull())
      .addColumn('extra', c.json, col => col.notNull())
      .execute()

    await schema
      .createTable('policy_association')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('policy_id', c.id, col => col.notNull())
      .addColumn('endpoint_id', c.id, col => col.notNull())
      .addColumn('service_id', c.id, col => col.notNull())
      .addColumn('region_id', c.text, col => col.notNull())
      .execute()
    await schema
      .createIndex('policy_association_endpoint_id_service_id_region_id')
      .on('policy_association')
      .unique()
      .columns(['endpoint_id', 'service_id', 'region_id'])
      .execute()
    await schema.createIndex('policy_association_policy_id').on('policy_association').columns(['policy_id']).execute()

    await schema
      .createTable('registered_limit')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('service_id', c.id, col => col.notNull())
      .addColumn('region_id', c.text, col => col.notNull())
      .addColumn('resource_name', c.text, col => col.notNull())
      .addColumn('default_limit', c.bigint, col => col.notNull())
      .addColumn('description', c.longText)
      .execute()
    await schema
      .createIndex('registered_limit_service_id_region_id_resource_name')
      .on('registered_limit')
      .unique()
      .columns(['service_id', 'region_id', 'resource_name'])
      .execute()

    // The API's limits: what a project or domain has instead of a registered default.
    await schema
      .createTable('limit_override')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('registered_limit_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('domain_id', c.id, col => col.notNull())
      .addColumn('resource_limit', c.bigint, col => col.notNull())
      .addColumn('description', c.longText)
      .execute()
    await schema
      .createIndex('limit_override_registered_limit_id_project_id_domain_id')
      .on('limit_override')
      .unique()
      .columns(['registered_limit_id', 'project_id', 'domain_id'])
      .execute()
    await schema.createIndex('limit_override_project_id').on('limit_override').columns(['project_id']).execute()
  },
}
