import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { tagFilters, tagsAmong } from '../tables/sharing.ts'
import { zonesAmong } from '../tables/zones.ts'
import type { Router, RouterHelper } from './router/router.ts'

/** Routers in `routers`; their interfaces are ports. */
export const routerStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<Router>(db, {
    table: 'routers',
    kind: 'network.router',
    columns: {
      ...namedColumns,
      adminStateUp: 'flag',
      status: 'text',
      gwNetworkId: 'text',
      gwPortId: 'text',
      enableSnat: 'flag',
      distributed: 'flag',
      ha: 'flag',
      flavorId: 'text',
      routes: 'json',
      availabilityZoneHints: 'json',
      qosPolicyId: 'text',
      enableNdpProxy: 'flag',
    },
    filters: tagFilters('routers'),
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read) {
      const ids = rows.map(({ id }) => id)
      const tags = await tagsAmong(read, ids)
      const gateways = await addressesOf(
        read,
        rows.flatMap(({ gwPortId }) => gwPortId ?? []),
      )
      const zones = await zonesAmong(read, agents, ids)
      const helpers = await helpersOf(read, ids)
      return rows.map(row => ({
        ...row,
        conntrackHelpers: helpers.get(row.id) ?? [],
        tags: tags.get(row.id) ?? [],
        gatewayIps: gateways.get(row.gwPortId ?? '') ?? [],
        availabilityZones: zones.get(row.id) ?? [],
      }))
    },
  }),

  /** The router that leads from a subnet to an external network: the one at the subnet's gateway before any other. */
  async between(subnetId: string, externalNetworkId: string, gatewayIp: string | null, from: Reading): Promise<string | undefined> {
    const rows = await from
      .selectFrom('ports')
      .innerJoin('ipallocations', 'ipallocations.port_id', 'ports.id')
      .innerJoin('routers', 'routers.id', 'ports.device_id')
      .select(['routers.id', 'ipallocations.ip_address'])
      .where('ports.device_owner', '=', 'network:router_interface')
      .where('ipallocations.subnet_id', '=', subnetId)
      .where('routers.gw_network_id', '=', externalNetworkId)
      .orderBy('routers.id')
      .execute()
    const found = rows.find(row => row['ip_address'] === gatewayIp) ?? rows[0]
    return found && String(found['id'])
  },

  /** Floating addresses that lead through a router, to ports with an address on one of these subnets. */
  async floatingThrough(routerId: string, subnetId: string | undefined, from: Reading): Promise<number> {
    const ofSubnet =
      subnetId === undefined
        ? sql`1 = 1`
        : sql`exists (select 1 from ipallocations where ipallocations.port_id = floatingips.fixed_port_id
            and ipallocations.ip_address = floatingips.fixed_ip_address and ipallocations.subnet_id = ${subnetId})`
    const { rows } = await sql<{
      count: number
    }>`select count(*) as count from floatingips where router_id = ${routerId} and ${ofSubnet}`.execute(from as never)
    return Number(rows[0]?.count ?? 0)
  },

  exists: async (id: string, from: Reading): Promise<boolean> =>
    (await from.selectFrom('routers').select('id').where('id', '=', id).executeTakeFirst()) !== undefined,
})

/** Who serves them. */
const agents = { table: 'routerl3agentbindings', thing: 'router_id', agent: 'l3_agent_id' } as const

export type RouterStore = ReturnType<typeof routerStore>

async function addressesOf(read: Reading, portIds: readonly string[]): Promise<ReadonlyMap<string, Router['gatewayIps']>> {
  if (portIds.length === 0) return new Map()
  const rows = await read.selectFrom('ipallocations').selectAll().where('port_id', 'in', portIds).execute()
  const byPort = Map.groupBy(rows, row => String(row['port_id']))
  return new Map(
    [...byPort].map(([id, some]) => [id, some.map(row => ({ subnetId: String(row['subnet_id']), ipAddress: String(row['ip_address']) }))]),
  )
}

async function helpersOf(read: Reading, ids: readonly string[]): Promise<ReadonlyMap<string, readonly RouterHelper[]>> {
  if (ids.length === 0) return new Map()
  const rows = await read
    .selectFrom('conntrack_helpers')
    .selectAll()
    .where('router_id', 'in', ids)
    .orderBy('port')
    .orderBy('helper')
    .execute()
  const byRouter = Map.groupBy(rows, row => String(row['router_id']))
  return new Map([...byRouter].map(([id, some]) => [id, some.map(helperOf)]))
}

const helperOf = (row: Record<string, unknown>): RouterHelper => ({
  protocol: String(row['protocol']),
  port: Number(row['port']),
  helper: String(row['helper']),
})
