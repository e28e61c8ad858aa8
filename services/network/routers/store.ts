import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { fromRow, namedColumns, toRow } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { tagFilters, tagsAmong } from '../tables/sharing.ts'
import { zonesAmong } from '../tables/zones.ts'
import type { Gateway, Router, RouterHelper } from './router/router.ts'

/** Routers in `routers`, their ways out beside the first in `router_extra_gateways`; their interfaces are ports. */
export const routerStore = (db: Pick<Database<Tables>, 'read'>) => {
  const kept = keepingRouters(db)
  return {
    ...kept,
    ...questions,

    insert: async (tx: Transaction, routers: readonly Router[]) => {
      await kept.insert(tx, routers)
      for (const router of routers) if (router.extraGateways.length > 0) await keepGateways(tx, router)
    },

    update: async (tx: Transaction, router: Router) => {
      await kept.update(tx, router)
      await keepGateways(tx, router)
    },

    delete: async (tx: Transaction, router: Router) => {
      await kept.delete(tx, router)
      await keepGateways(tx, { ...router, extraGateways: [] })
    },
  }
}

/** Part of the router's own change: whoever follows routers sees it with that. */
const keepGateways = (tx: Transaction, { id, projectId, extraGateways }: Router) =>
  tx.change([], async writer => {
    await writer.deleteFrom('router_extra_gateways').where('router_id', '=', id).execute()
    const rows = extraGateways.map((gateway, position) =>
      toRow(gatewayColumns, { ...gateway, id: gateway.portId, routerId: id, projectId, position }),
    )
    if (rows.length > 0) await writer.insertInto('router_extra_gateways').values(rows).execute()
  })

const gatewayColumns = {
  id: 'text',
  routerId: 'text',
  projectId: 'text',
  position: 'number',
  networkId: 'text',
  enableSnat: 'flag',
  qosPolicyId: 'text',
} as const

const keepingRouters = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<Router>(db, {
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
      const extra = await extraGatewaysOf(read, ids)
      const addresses = await addressesOf(read, [
        ...rows.flatMap(({ gwPortId }) => gwPortId ?? []),
        ...[...extra.values()].flat().map(({ id }) => id),
      ])
      const zones = await zonesAmong(read, agents, ids)
      const helpers = await helpersOf(read, ids)
      return rows.map(row => ({
        ...row,
        conntrackHelpers: helpers.get(row.id) ?? [],
        tags: tags.get(row.id) ?? [],
        gatewayIps: addresses.get(row.gwPortId ?? '') ?? [],
        extraGateways: (extra.get(row.id) ?? []).map(({ id, networkId, enableSnat, qosPolicyId }) => ({
          ...{ portId: id, networkId, enableSnat, qosPolicyId },
          ips: addresses.get(id) ?? [],
        })),
        availabilityZones: zones.get(row.id) ?? [],
      }))
    },
  })

const questions = {
  /** The router that leads from a subnet to an external network: the one at the subnet's gateway before any other. */
  async between(subnetId: string, externalNetworkId: string, gatewayIp: string | null, from: Reading): Promise<string | undefined> {
    const rows = await from
      .selectFrom('ports')
      .innerJoin('ipallocations', 'ipallocations.port_id', 'ports.id')
      .innerJoin('routers', 'routers.id', 'ports.device_id')
      .select(['routers.id', 'ipallocations.ip_address'])
      .where('ports.device_owner', '=', 'network:router_interface')
      .where('ipallocations.subnet_id', '=', subnetId)
      .where(
        sql<boolean>`exists (select 1 from ports outer_ports where outer_ports.device_id = routers.id
          and outer_ports.device_owner = 'network:router_gateway' and outer_ports.network_id = ${externalNetworkId})`,
      )
      .orderBy('routers.id')
      .execute()
    const found = rows.find(row => row['ip_address'] === gatewayIp) ?? rows[0]
    return found && String(found['id'])
  },

  /** Floating addresses that lead through a router: of one network outside, to ports with an address on one subnet inside. */
  async floatingThrough(routerId: string, { networkId, subnetId }: Through, from: Reading): Promise<number> {
    const ofNetwork = networkId === undefined ? sql`1 = 1` : sql`floatingips.floating_network_id = ${networkId}`
    const ofSubnet =
      subnetId === undefined
        ? sql`1 = 1`
        : sql`exists (select 1 from ipallocations where ipallocations.port_id = floatingips.fixed_port_id
            and ipallocations.ip_address = floatingips.fixed_ip_address and ipallocations.subnet_id = ${subnetId})`
    const { rows } = await sql<{
      count: number
    }>`select count(*) as count from floatingips where router_id = ${routerId} and ${ofNetwork} and ${ofSubnet}`.execute(from as never)
    return Number(rows[0]?.count ?? 0)
  },

  exists: async (id: string, from: Reading): Promise<boolean> =>
    (await from.selectFrom('routers').select('id').where('id', '=', id).executeTakeFirst()) !== undefined,
}

interface Through {
  readonly networkId?: string
  readonly subnetId?: string
}

/** Who serves them. */
const agents = { table: 'routerl3agentbindings', thing: 'router_id', agent: 'l3_agent_id' } as const

export type RouterStore = ReturnType<typeof routerStore>

type GatewayRow = Omit<Gateway, 'ips' | 'portId'> & { readonly id: string; readonly routerId: string }

async function extraGatewaysOf(read: Reading, ids: readonly string[]): Promise<ReadonlyMap<string, readonly GatewayRow[]>> {
  if (ids.length === 0) return new Map()
  const rows = await read.selectFrom('router_extra_gateways').selectAll().where('router_id', 'in', ids).orderBy('position').execute()
  return Map.groupBy(
    rows.map(row => fromRow<GatewayRow>(gatewayColumns, row)),
    ({ routerId }) => routerId,
  )
}

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
