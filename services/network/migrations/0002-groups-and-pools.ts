import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const groupsAndPools: Migration = {
  name: '0002-groups-and-pools',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)

    await table('securitygroups', {
      columns: { ...standard, name: 'text!', stateful: 'flag!' },
      key: ['id'],
      indexes: [['project_id', 'name']],
    })
    // Which group of a project is its default one: the key lets two requests never make two.
    await table('default_security_group', {
      columns: { project_id: 'text!', security_group_id: 'id!' },
      key: ['project_id'],
      indexes: [['security_group_id']],
    })
    await table('securitygrouprules', {
      columns: {
        ...standard,
        security_group_id: 'id!',
        remote_group_id: 'id',
        remote_address_group_id: 'id',
        direction: 'id!',
        ethertype: 'id!',
        protocol: 'id',
        port_range_min: 'integer',
        port_range_max: 'integer',
        remote_ip_prefix: 'id',
      },
      key: ['id'],
      indexes: [['security_group_id'], ['remote_group_id'], ['remote_address_group_id'], ['project_id']],
    })
    await table('address_groups', { columns: { ...standard, name: 'text!', addresses: 'json!' }, key: ['id'], indexes: [['project_id']] })

    await table('address_scopes', {
      columns: { ...standard, name: 'text!', ip_version: 'integer!', shared: 'flag!' },
      key: ['id'],
      indexes: [['project_id']],
    })
    await table('subnetpools', {
      columns: {
        ...standard,
        name: 'text!',
        ip_version: 'integer!',
        prefixes: 'json!',
        default_prefixlen: 'integer!',
        min_prefixlen: 'integer!',
        max_prefixlen: 'integer!',
        default_quota: 'bigint',
        address_scope_id: 'id',
        is_default: 'flag!',
        shared: 'flag!',
      },
      key: ['id'],
      indexes: [['project_id'], ['address_scope_id']],
    })

    await table('agents', {
      columns: {
        id: 'id!',
        agent_type: 'text!',
        binary_name: 'text!',
        topic: 'text!',
        host: 'text!',
        availability_zone: 'text!',
        admin_state_up: 'flag!',
        description: 'longText',
        created_at: 'time!',
        started_at: 'time!',
        heartbeat_timestamp: 'time!',
        heartbeat_ms: 'bigint!',
        configurations: 'json!',
        resources_synced: 'flag',
        load: 'integer!',
      },
      key: ['id'],
      unique: [['agent_type', 'host']],
    })
    await table('networkdhcpagentbindings', {
      columns: { network_id: 'id!', dhcp_agent_id: 'id!', binding_index: 'integer!' },
      key: ['network_id', 'dhcp_agent_id'],
      unique: [['network_id', 'binding_index']],
      indexes: [['dhcp_agent_id']],
    })
  },
}
