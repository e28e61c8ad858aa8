import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const services: Migration = {
  name: '0004-services',
  async up(schema, dialect) {
    const c = columns(dialect)
    // The processes of a cell, each seen again at every heartbeat.
    await schema
      .createTable('service')
      .addColumn('id', c.id, col => col.primaryKey())
      // The API's id before 2.53.
      .addColumn('number', c.integer, col => col.notNull())
      .addColumn('host', c.text, col => col.notNull())
      .addColumn('binary_name', c.text, col => col.notNull())
      .addColumn('disabled', c.flag, col => col.notNull())
      .addColumn('disabled_reason', c.text)
      .addColumn('forced_down', c.flag, col => col.notNull())
      .addColumn('seen_at', c.time, col => col.notNull())
      // What its hypervisor said of itself when it was seen last: JSON.
      .addColumn('facts', c.json)
      .execute()
    await schema.createIndex('service_host').on('service').unique().columns(['host', 'binary_name']).execute()
  },
}
