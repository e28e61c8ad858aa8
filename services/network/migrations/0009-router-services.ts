import { columns as columnsOf } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const routerServices: Migration = {
  name: '0009-router-services',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)
    const types = columnsOf(dialect)

    // Which helper looks after which port's connections in a router: said once.
    await table('conntrack_helpers', {
      columns: { ...standard, router_id: 'id!', protocol: 'id!', port: 'integer!', helper: 'id!' },
      key: ['id'],
      unique: [['router_id', 'protocol', 'port', 'helper']],
    })

    // Whether a router may answer outside for addresses inside, and for which it does.
    await schema
      .alterTable('routers')
      .addColumn('enable_ndp_proxy', types.flag, col => col.notNull().defaultTo(0))
      .execute()
    await table('ndp_proxies', {
      columns: { ...standard, name: 'text!', router_id: 'id!', port_id: 'id!', ip_address: 'id!' },
      key: ['id'],
      unique: [['router_id', 'ip_address']],
      indexes: [['port_id'], ['project_id']],
    })
  },
}
