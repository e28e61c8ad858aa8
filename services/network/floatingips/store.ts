import type { Database } from '@kilonova/platform/sql/database.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import { sql } from 'kysely'
import type { Reading, Tables } from '../tables.ts'
import { standardColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { Floatingip, Forwarded, PortDetails } from './floatingip/floatingip.ts'

const byPort = (values: readonly unknown[]) =>
  values.includes(null) ? sql<boolean>`floatingips.fixed_port_id is null` : sql<boolean>`floatingips.fixed_port_id in (${sql.join(values)})`

export const floatingipStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<Floatingip>(db, {
    table: 'floatingips',
    kind: 'network.floatingip',
    columns: {
      ...standardColumns,
      floatingIpAddress: 'text',
      floatingNetworkId: 'text',
      floatingPortId: 'text',
      fixedPortId: 'text',
      fixedIpAddress: 'text',
      routerId: 'text',
      status: 'text',
      qosPolicyId: 'text',
    },
    filters: { ...tagFilters('floatingips'), port_id: byPort },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read) {
      const tags = await tagsAmong(
        read,
        rows.map(({ id }) => id),
      )
      const details = await detailsOf(
        read,
        rows.flatMap(({ fixedPortId }) => fixedPortId ?? []),
      )
      const forwarded = await forwardedBy(
        read,
        rows.filter(({ fixedPortId }) => fixedPortId === null).map(({ id }) => id),
      )
      const policies = await policiesOf(read, [...new Set(rows.map(({ floatingNetworkId }) => floatingNetworkId))])
      return rows.map(row => ({
        ...row,
        tags: tags.get(row.id) ?? [],
        portDetails: details.get(row.fixedPortId ?? '') ?? null,
        portForwardings: forwarded.get(row.id) ?? [],
        qosNetworkPolicyId: policies.get(row.floatingNetworkId) ?? null,
      }))
    },
  }),

  /** The floating address that a port's address has on an external network already. */
  async at(portId: string, fixedIpAddress: string, networkId: string, from: Reading): Promise<string | undefined> {
    const row = await from
      .selectFrom('floatingips')
      .select('id')
      .where('fixed_port_id', '=', portId)
      .where('fixed_ip_address', '=', fixedIpAddress)
      .where('floating_network_id', '=', networkId)
      .executeTakeFirst()
    return row && String(row['id'])
  },
})

export type FloatingipStore = ReturnType<typeof floatingipStore>

async function detailsOf(read: Reading, portIds: readonly string[]): Promise<ReadonlyMap<string, PortDetails>> {
  if (portIds.length === 0) return new Map()
  const rows = await read.selectFrom('ports').selectAll().where('id', 'in', portIds).execute()
  return new Map(
    rows.map(row => [
      String(row['id']),
      {
        name: String(row['name']),
        networkId: String(row['network_id']),
        macAddress: String(row['mac_address']),
        adminStateUp: isSet(row['admin_state_up'] as number),
        status: String(row['status']),
        deviceId: String(row['device_id']),
        deviceOwner: String(row['device_owner']),
      },
    ]),
  )
}

/** Which of their ports lead inside; those that lead to one port as a whole have none. */
async function forwardedBy(read: Reading, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Forwarded[]>> {
  if (ids.length === 0) return new Map()
  const rows = await read.selectFrom('portforwardings').selectAll().where('floatingip_id', 'in', ids).orderBy('external_port').execute()
  const byAddress = Map.groupBy(rows, row => String(row['floatingip_id']))
  return new Map([...byAddress].map(([id, some]) => [id, some.map(forwardedOf)]))
}

const forwardedOf = (row: Record<string, unknown>): Forwarded => ({
  id: String(row['id']),
  protocol: String(row['protocol']),
  externalPort: Number(row['external_port']),
  internalPort: Number(row['internal_port']),
  internalPortId: String(row['internal_port_id']),
  internalIpAddress: String(row['internal_ip_address']),
})

/** The QoS policies of networks that have one. */
async function policiesOf(read: Reading, networkIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (networkIds.length === 0) return new Map()
  const rows = await read
    .selectFrom('networks')
    .select(['id', 'qos_policy_id'])
    .where('id', 'in', networkIds)
    .where('qos_policy_id', 'is not', null)
    .execute()
  return new Map(rows.map(row => [String(row['id']), String(row['qos_policy_id'])]))
}
