import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'

export const instanceActions: Migration = {
  name: '0007-instance-actions',
  async up(schema, dialect) {
    const c = columns(dialect)
    // What was asked of a server, by whom, and how it ended; kept when the server is deleted.
    await schema
      .createTable('instance_action')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('instance_id', c.id, col => col.notNull())
      .addColumn('request_id', c.id, col => col.notNull())
      .addColumn('action', c.text, col => col.notNull())
      .addColumn('user_id', c.id)
      .addColumn('project_id', c.id)
      .addColumn('started_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time, col => col.notNull())
      .addColumn('finished_at', c.time)
      .addColumn('message', c.text)
      .execute()
    await schema.createIndex('instance_action_instance_id').on('instance_action').columns(['instance_id', 'started_at']).execute()

    // What was done for it, and where.
    await schema
      .createTable('instance_action_event')
      .addColumn('action_id', c.id, col => col.notNull())
      .addColumn('event', c.text, col => col.notNull())
      .addColumn('started_at', c.time, col => col.notNull())
      .addColumn('finished_at', c.time)
      .addColumn('result', c.id)
      .addColumn('host', c.text)
      .addColumn('details', c.longText)
      .addPrimaryKeyConstraint('instance_action_event_key', ['action_id', 'event'])
      .execute()

    // Moves of servers from a flavor or a host to another. Their ids are numbers that never come again.
    await schema
      .createTable('migration')
      .addColumn('number', c.bigint, col => col.primaryKey())
      .addColumn('id', c.id, col => col.notNull())
      .addColumn('instance_id', c.id, col => col.notNull())
      .addColumn('kind', c.id, col => col.notNull())
      .addColumn('status', c.id, col => col.notNull())
      .addColumn('source_host', c.text)
      .addColumn('source_node', c.text)
      .addColumn('dest_host', c.text)
      .addColumn('dest_node', c.text)
      .addColumn('dest_address', c.text)
      .addColumn('old_flavor_id', c.text)
      .addColumn('new_flavor_id', c.text)
      .addColumn('user_id', c.id)
      .addColumn('project_id', c.id)
      .addColumn('created_at', c.time, col => col.notNull())
      .addColumn('updated_at', c.time)
      .execute()
    await schema.createIndex('migration_id').on('migration').unique().columns(['id']).execute()
    await schema.createIndex('migration_instance_id').on('migration').columns(['instance_id', 'status']).execute()
    await schema.createIndex('migration_created_at').on('migration').columns(['created_at', 'id']).execute()
    await schema
      .createTable('migration_counter')
      .addColumn('last', c.bigint, col => col.notNull())
      .execute()
    await schema.run(sql`insert into migration_counter (last) values (0)`)
  },
}
