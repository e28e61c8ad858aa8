import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const images: Migration = {
  name: '0001-images',
  async up(schema, dialect) {
    const c = columns(dialect)

    await schema
      .createTable('image')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('name', c.text)
      .addColumn('owner', c.text)
      .addColumn('visibility', c.id, col => col.notNull())
      .addColumn('status', c.id, col => col.notNull())
      .addColumn('disk_format', c.id)
      .addColumn('container_format', c.id)
      .addColumn('min_disk', c.integer, col => col.notNull())
      .addColumn('min_ram', c.integer, col => col.notNull())
      .addColumn('protected', c.flag, col => col.notNull())
      .addColumn('os_hidden', c.flag, col => col.notNull())
      .addColumn('size', c.bigint)
      .addColumn('virtual_size', c.bigint)
      .addColumn('checksum', c.id)
      .addColumn('os_hash_algo', c.id)
      .addColumn('os_hash_value', c.text)
      .addColumn('locations', c.json, col => col.notNull())
      .addColumn('receiver', c.text)
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .execute()
    await schema.createIndex('image_created_at').on('image').columns(['created_at', 'id']).execute()
    await schema.createIndex('image_owner').on('image').columns(['owner', 'created_at']).execute()
    await schema.createIndex('image_visibility').on('image').columns(['visibility', 'created_at']).execute()
    await schema.createIndex('image_status').on('image').columns(['status']).execute()
    await schema.createIndex('image_name').on('image').columns(['name']).execute()

    await schema
      .createTable('image_property')
      .addColumn('image_id', c.id, col => col.notNull())
      .addColumn('name', c.text, col => col.notNull())
      .addColumn('value', c.longText, col => col.notNull())
      .addPrimaryKeyConstraint('image_property_pk', ['image_id', 'name'])
      .execute()
    await schema.createIndex('image_property_name').on('image_property').columns(['name']).execute()

    await schema
      .createTable('image_tag')
      .addColumn('image_id', c.id, col => col.notNull())
      .addColumn('value', c.text, col => col.notNull())
      .addPrimaryKeyConstraint('image_tag_pk', ['image_id', 'value'])
      .execute()
    await schema.createIndex('image_tag_value').on('image_tag').columns(['value']).execute()

    // The projects that images are shared with.
    await schema
      .createTable('image_member')
      .addColumn('image_id', c.id, col => col.notNull())
      .addColumn('member', c.text, col => col.notNull())
      .addColumn('status', c.id, col => col.notNull())
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .addPrimaryKeyConstraint('image_member_pk', ['image_id', 'member'])
      .execute()
    await schema.createIndex('image_member_member').on('image_member').columns(['member', 'status']).execute()

    await schema
      .createTable('image_task')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('type', c.id, col => col.notNull())
      .addColumn('status', c.id, col => col.notNull())
      .addColumn('owner', c.text, col => col.notNull())
      .addColumn('input', c.json, col => col.notNull())
      .addColumn('result', c.json)
      .addColumn('message', c.longText, col => col.notNull())
      .addColumn('image_id', c.id)
      .addColumn('request_id', c.text)
      .addColumn('user_id', c.text)
      .addColumn('expires_at', c.time)
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .execute()
    await schema.createIndex('image_task_image_id').on('image_task').columns(['image_id']).execute()
    await schema.createIndex('image_task_created_at').on('image_task').columns(['created_at', 'id']).execute()
  },
}
