import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable } from './shape.ts'

export const routerGateways: Migration = {
  name: '0012-router-gateways',
  async up(schema, dialect) {
    // The ways out that routers have beside their first, each named by its port.
    await makeTable(schema, dialect, 'router_extra_gateways', {
      columns: {
        id: 'id!',
        router_id: 'id!',
        project_id: 'text!',
        position: 'integer!',
        network_id: 'id!',
        enable_snat: 'flag!',
        qos_policy_id: 'id',
      },
      key: ['id'],
      indexes: [['router_id'], ['network_id'], ['qos_policy_id']],
    })
  },
}
