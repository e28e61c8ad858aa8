import { columns as columnsOf } from '@kilonova/platform/sql/columns.ts'
import { sql } from 'kysely'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const portAttributes: Migration = {
  name: '0011-port-attributes',
  async up(schema, dialect) {
    const types = columnsOf(dialect)
    // Whether a port has its addresses, gets them when its host is known, or shall have none.
    await schema
      .alterTable('ports')
      .addColumn('ip_allocation', types.id, col => col.notNull().defaultTo(sql`'immediate'`))
      .execute()
    await schema
      .alterTable('ports')
      .addColumn('propagate_uplink_status', types.flag, col => col.notNull().defaultTo(1))
      .execute()
  },
}
