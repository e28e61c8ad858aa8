import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Viewer } from '../listings/listing.ts'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { granted, sharedAmong, sharedFilter, tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { Pool, Subnet } from './subnet/subnet.ts'

const columns = {
  ...namedColumns,
  networkId: 'text',
  ipVersion: 'number',
  cidr: 'text',
  gatewayIp: 'text',
  enableDhcp: 'flag',
  ipv6RaMode: 'text',
  ipv6AddressMode: 'text',
  subnetpoolId: 'text',
  segmentId: 'text',
  dnsNameservers: 'json',
  hostRoutes: 'json',
  serviceTypes: 'json',
} as const

/** A project's own, those on its networks, and those on networks that are shared with it. */
const isVisible = (projectId: string) =>
  sql<boolean>`subnets.project_id = ${projectId} or subnets.network_id in ${granted('network', projectId, 'access_as_shared')}
    or subnets.network_id in (select id from networks where networks.project_id = ${projectId})`

const sharedNetworks = (values: readonly unknown[], viewer: Viewer) =>
  sql<boolean>`subnets.network_id in (select id from networks where ${sharedFilter('networks', 'network')(values, viewer)})`

/** Subnets in `subnets`; their pools are kept by `ipam/`. */
export const subnetStore = (
  db: Pick<Database<Tables>, 'read'>,
  poolsOf: (ids: readonly string[], from: Reading) => Promise<ReadonlyMap<string, readonly Pool[]>>,
) => ({
  ...keeping<Subnet>(db, {
    table: 'subnets',
    kind: 'network.subnet',
    columns,
    isVisible,
    filters: { ...tagFilters('subnets'), shared: sharedNetworks },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const ids = rows.map(({ id }) => id)
      const networkIds = [...new Set(rows.map(({ networkId }) => networkId))]
      const [pools, tags] = [await poolsOf(ids, read), await tagsAmong(read, ids)]
      const shared = await sharedAmong(read, 'network', networkIds, viewer)
      const owners = await ownersOf(read, networkIds)
      return rows.map(row => ({
        ...row,
        allocationPools: pools.get(row.id) ?? [],
        tags: tags.get(row.id) ?? [],
        shared: shared.has(row.networkId),
        networkProjectId: owners.get(row.networkId) ?? '',
      }))
    },
  }),

  /** Ports with addresses of it that do not go by themselves: not those of DHCP, nor addresses that guests make of their MACs. */
  async portsWithAddresses(subnetId: string, from: Reading): Promise<readonly string[]> {
    const rows = await from
      .selectFrom('ipallocations')
      .innerJoin('ports', 'ports.id', 'ipallocations.port_id')
      .select(['ports.id', 'ports.device_owner'])
      .where('ipallocations.subnet_id', '=', subnetId)
      .where('ports.device_owner', 'not in', ['network:dhcp', 'network:distributed'])
      .limit(100)
      .execute()
    return rows.map(row => String(row['id']))
  },

  /** The router's port that has this address, if any. */
  async routerPortWith(subnetId: string, ipAddress: string, from: Reading): Promise<string | undefined> {
    const row = await from
      .selectFrom('ipallocations')
      .innerJoin('ports', 'ports.id', 'ipallocations.port_id')
      .select('ports.id')
      .where('ipallocations.subnet_id', '=', subnetId)
      .where('ipallocations.ip_address', '=', ipAddress)
      .where('ports.device_owner', 'like', 'network:router%')
      .limit(1)
      .executeTakeFirst()
    return row && String(row['id'])
  },
})

export type SubnetStore = ReturnType<typeof subnetStore>

async function ownersOf(read: Reading, networkIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (networkIds.length === 0) return new Map()
  const rows = await read.selectFrom('networks').select(['id', 'project_id']).where('id', 'in', networkIds).execute()
  return new Map(rows.map(row => [String(row['id']), String(row['project_id'])]))
}
