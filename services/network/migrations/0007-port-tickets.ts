import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const portTickets: Migration = {
  name: '0007-port-tickets',
  async up(schema, dialect) {
    // Under which wish a port came to a server that was there already: asked again, the same port is given.
    await schema.alterTable('server_ports').addColumn('ticket', columns(dialect).text).execute()
  },
}
