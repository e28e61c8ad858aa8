import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable } from './shape.ts'

export const serverPorts: Migration = {
  name: '0004-server-ports',
  async up(schema, dialect) {
    // Which ports a server asked for, in which order, and which of them were there before it and outlive it.
    await makeTable(schema, dialect, 'server_ports', {
      columns: { port_id: 'id!', server_id: 'id!', position: 'integer!', tag: 'text', is_preserved: 'flag!' },
      key: ['port_id'],
      indexes: [['server_id', 'position']],
    })
  },
}
