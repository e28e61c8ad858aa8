import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const policiesOfTraffic: Migration = {
  name: '0005-policies-of-traffic',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)

    await table('qos_policies', { columns: { ...standard, name: 'text!', is_default: 'flag!' }, key: ['id'], indexes: [['project_id']] })
    // Rules of all types; what a type does not have is empty.
    await table('qos_rules', {
      columns: {
        ...standard,
        qos_policy_id: 'id!',
        rule_type: 'id!',
        direction: 'id',
        max_kbps: 'bigint',
        max_burst_kbps: 'bigint',
        dscp_mark: 'integer',
        min_kbps: 'bigint',
        min_kpps: 'bigint',
        max_kpps: 'bigint',
        max_burst_kpps: 'bigint',
      },
      key: ['id'],
      indexes: [['qos_policy_id', 'rule_type']],
    })

    await table('meteringlabels', { columns: { ...standard, name: 'text!', shared: 'flag!' }, key: ['id'], indexes: [['project_id']] })
    await table('meteringlabelrules', {
      columns: {
        ...standard,
        metering_label_id: 'id!',
        direction: 'id!',
        excluded: 'flag!',
        remote_ip_prefix: 'id',
        source_ip_prefix: 'id',
        destination_ip_prefix: 'id',
      },
      key: ['id'],
      indexes: [['metering_label_id']],
    })

    await table('flavors', {
      columns: { ...standard, name: 'text!', service_type: 'text!', enabled: 'flag!', service_profiles: 'json!' },
      key: ['id'],
    })
    await table('serviceprofiles', { columns: { ...standard, driver: 'longText!', metainfo: 'longText!', enabled: 'flag!' }, key: ['id'] })
  },
}
