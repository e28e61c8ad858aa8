import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const groupDefaults: Migration = {
  name: '0010-group-defaults',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)

    // What new groups begin with.
    await table('securitygroupdefaultrules', {
      columns: {
        ...standard,
        direction: 'id!',
        ethertype: 'id!',
        protocol: 'id',
        port_range_min: 'integer',
        port_range_max: 'integer',
        remote_ip_prefix: 'id',
        remote_group_id: 'id',
        remote_address_group_id: 'id',
        used_in_default_sg: 'flag!',
        used_in_non_default_sg: 'flag!',
      },
      key: ['id'],
    })

    // That the usual ones were written down once: whoever takes them away does not find them again.
    await table('group_default_marks', { columns: { mark: 'id!' }, key: ['mark'] })

    // Where else than at its own place a port could be plugged in: for guests that move while they run.
    await table('ml2_port_bindings', {
      columns: {
        port_id: 'id!',
        host: 'text!',
        vnic_type: 'id!',
        profile: 'json!',
        vif_type: 'id!',
        vif_details: 'json!',
      },
      key: ['port_id', 'host'],
    })

    // Which traffic of which ports is written down on their hosts.
    await table('logs', {
      columns: { ...standard, name: 'text!', resource_type: 'id!', resource_id: 'id', event: 'id!', target_id: 'id', enabled: 'flag!' },
      key: ['id'],
      indexes: [['project_id'], ['resource_id'], ['target_id']],
    })
  },
}
