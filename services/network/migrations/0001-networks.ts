import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const networks: Migration = {
  name: '0001-networks',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)

    await table('networks', {
      columns: {
        ...standard,
        name: 'text!',
        admin_state_up: 'flag!',
        status: 'id!',
        mtu: 'integer!',
        port_security_enabled: 'flag!',
        is_default: 'flag!',
        router_external: 'flag!',
        availability_zone_hints: 'json!',
        qos_policy_id: 'id',
        dns_domain: 'text!',
      },
      key: ['id'],
      indexes: [['project_id', 'name'], ['name'], ['qos_policy_id']],
    })

    // Of which physical networks and which tags a network is made.
    await table('networksegments', {
      columns: {
        ...standard,
        network_id: 'id!',
        name: 'text',
        network_type: 'id!',
        physical_network: 'id',
        segmentation_id: 'integer',
        segment_index: 'integer!',
      },
      key: ['id'],
      indexes: [['network_id']],
    })

    // Each tag of each physical network is taken once: the key is the promise. Where there is none, an empty name and a zero stand.
    await table('segmentallocations', {
      columns: { network_type: 'id!', physical_network: 'id!', segmentation_id: 'integer!', segment_id: 'id!' },
      key: ['network_type', 'physical_network', 'segmentation_id'],
      indexes: [['segment_id']],
    })

    await table('subnets', {
      columns: {
        ...standard,
        name: 'text!',
        network_id: 'id!',
        ip_version: 'integer!',
        cidr: 'id!',
        gateway_ip: 'id',
        enable_dhcp: 'flag!',
        ipv6_ra_mode: 'id',
        ipv6_address_mode: 'id',
        subnetpool_id: 'id',
        segment_id: 'id',
        dns_nameservers: 'json!',
        host_routes: 'json!',
        service_types: 'json!',
      },
      key: ['id'],
      indexes: [['network_id'], ['project_id', 'name'], ['subnetpool_id']],
    })

    await table('ipallocationpools', {
      columns: { id: 'id!', subnet_id: 'id!', first_ip: 'id!', last_ip: 'id!' },
      key: ['id'],
      indexes: [['subnet_id']],
    })

    // What is left of the pools, as 32 hexadecimal digits each: taking an address costs the same however many are taken.
    await table('ipavailabilityranges', {
      columns: { subnet_id: 'id!', first_free: 'id!', last_free: 'id!' },
      key: ['subnet_id', 'first_free'],
    })

    await table('ports', {
      columns: {
        ...standard,
        name: 'text!',
        network_id: 'id!',
        mac_address: 'id!',
        admin_state_up: 'flag!',
        status: 'id!',
        device_id: 'text!',
        device_owner: 'text!',
        port_security_enabled: 'flag!',
        allowed_address_pairs: 'json!',
        extra_dhcp_opts: 'json!',
        binding_host_id: 'text!',
        binding_vnic_type: 'id!',
        binding_profile: 'json!',
        binding_vif_type: 'id!',
        binding_vif_details: 'json!',
        qos_policy_id: 'id',
        device_profile: 'text',
        numa_affinity_policy: 'id',
        dns_name: 'text!',
      },
      key: ['id'],
      unique: [['network_id', 'mac_address']],
      indexes: [['project_id', 'name'], ['device_id', 'device_owner'], ['binding_host_id'], ['mac_address'], ['qos_policy_id']],
    })

    // No address is ever given twice: the key is the promise.
    await table('ipallocations', {
      columns: { ip_address: 'id!', subnet_id: 'id!', network_id: 'id!', port_id: 'id!' },
      key: ['ip_address', 'subnet_id', 'network_id'],
      indexes: [['port_id'], ['subnet_id'], ['network_id']],
    })

    await table('securitygroupportbindings', {
      columns: { port_id: 'id!', security_group_id: 'id!' },
      key: ['port_id', 'security_group_id'],
      indexes: [['security_group_id']],
    })

    // Who else may use an object.
    await table('rbac_policy', {
      columns: { id: 'id!', project_id: 'text!', object_type: 'id!', object_id: 'id!', action: 'id!', target_project: 'text!' },
      key: ['id'],
      unique: [['object_type', 'object_id', 'action', 'target_project']],
      indexes: [['object_id'], ['target_project', 'object_type'], ['project_id']],
    })

    await table('tag', { columns: { resource_id: 'id!', tag: 'text!' }, key: ['resource_id', 'tag'], indexes: [['tag']] })

    // How much of what each project has, counted by whoever makes it, so that a limit costs one row to look at.
    await table('quotausages', { columns: { project_id: 'text!', resource: 'id!', in_use: 'integer!' }, key: ['project_id', 'resource'] })
    await table('quotas', { columns: { project_id: 'text!', resource: 'id!', quota: 'integer!' }, key: ['project_id', 'resource'] })
  },
}
