import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const routing: Migration = {
  name: '0003-routing',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)

    await table('routers', {
      columns: {
        ...standard,
        name: 'text!',
        admin_state_up: 'flag!',
        status: 'id!',
        gw_network_id: 'id',
        gw_port_id: 'id',
        enable_snat: 'flag!',
        distributed: 'flag!',
        ha: 'flag!',
        flavor_id: 'id',
        routes: 'json!',
        availability_zone_hints: 'json!',
        qos_policy_id: 'id',
      },
      key: ['id'],
      indexes: [['project_id', 'name'], ['gw_network_id'], ['gw_port_id'], ['qos_policy_id']],
    })
    await table('routerl3agentbindings', {
      columns: { router_id: 'id!', l3_agent_id: 'id!' },
      key: ['router_id', 'l3_agent_id'],
      indexes: [['l3_agent_id']],
    })

    // One address of a port has one floating address on each external network: the index is the promise.
    await table('floatingips', {
      columns: {
        ...standard,
        floating_ip_address: 'id!',
        floating_network_id: 'id!',
        floating_port_id: 'id!',
        fixed_port_id: 'id',
        fixed_ip_address: 'id',
        router_id: 'id',
        status: 'id!',
        qos_policy_id: 'id',
      },
      key: ['id'],
      unique: [['floating_network_id', 'fixed_port_id', 'fixed_ip_address']],
      indexes: [['project_id'], ['floating_port_id'], ['fixed_port_id'], ['router_id'], ['floating_ip_address'], ['qos_policy_id']],
    })
    await table('portforwardings', {
      columns: {
        ...standard,
        floatingip_id: 'id!',
        protocol: 'id!',
        external_port: 'integer!',
        internal_port: 'integer!',
        internal_port_id: 'id!',
        internal_ip_address: 'id!',
      },
      key: ['id'],
      unique: [
        ['floatingip_id', 'external_port', 'protocol'],
        ['protocol', 'internal_port_id', 'internal_ip_address', 'internal_port'],
      ],
      indexes: [['floatingip_id'], ['internal_port_id']],
    })
  },
}
