import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Viewer } from '../listings/listing.ts'
import type { Segment } from '../segments/segment/segment.ts'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { ownOrShared, sharedAmong, sharedFilter, tagFilters, tagsAmong } from '../tables/sharing.ts'
import { zonesAmong } from '../tables/zones.ts'
import type { Network } from './network/network.ts'

const columns = {
  ...namedColumns,
  adminStateUp: 'flag',
  status: 'text',
  mtu: 'number',
  portSecurityEnabled: 'flag',
  isDefault: 'flag',
  routerExternal: 'flag',
  availabilityZoneHints: 'json',
  qosPolicyId: 'text',
  dnsDomain: 'text',
} as const

const ofSegment = (column: string) => (values: readonly unknown[]) =>
  sql<boolean>`networks.id in (select network_id from networksegments where ${sql.ref(column)} in (${sql.join(values)}))`

/** Networks in `networks`; their segments are kept by `segments/`, who else may use them by `rbac-policies/`. */
export const networkStore = (
  db: Pick<Database<Tables>, 'read'>,
  segmentsOf: (ids: readonly string[], from: Reading) => Promise<readonly Segment[]>,
) => ({
  ...keeping<Network>(db, {
    table: 'networks',
    kind: 'network.network',
    columns,
    isVisible: ownOrShared('networks', 'network'),
    filters: {
      shared: sharedFilter('networks', 'network'),
      'provider:network_type': ofSegment('network_type'),
      'provider:physical_network': ofSegment('physical_network'),
      'provider:segmentation_id': ofSegment('segmentation_id'),
      ...tagFilters('networks'),
    },
    projectOf: ({ projectId }) => projectId,
    complete: (rows, read, viewer) => complete(rows, read, viewer, segmentsOf),
  }),

  /** Whether anything but the network's own services has a port on it. */
  async portsInUse(networkId: string, from: Reading): Promise<readonly string[]> {
    const rows = await from
      .selectFrom('ports')
      .select('id')
      .where('network_id', '=', networkId)
      .where('device_owner', 'not in', ['network:dhcp', 'network:distributed'])
      .limit(20)
      .execute()
    return rows.map(row => String(row['id']))
  },

  /** The projects that have ports or subnets on it, the network's own services aside. */
  async projectsOn(networkId: string, from: Reading): Promise<readonly string[]> {
    const ports = await from
      .selectFrom('ports')
      .select('project_id')
      .distinct()
      .where('network_id', '=', networkId)
      .where('device_owner', 'not like', 'network:%')
      .execute()
    const subnets = await from.selectFrom('subnets').select('project_id').distinct().where('network_id', '=', networkId).execute()
    return [...new Set([...ports, ...subnets].map(row => String(row['project_id'])))]
  },

  /** Whose networks these are, and whether the viewer's project was let in. */
  async factsOf(
    ids: readonly string[],
    viewer: Viewer,
  ): Promise<ReadonlyMap<string, { readonly projectId: string; readonly shared: boolean }>> {
    if (ids.length === 0) return new Map()
    const rows = await db.read.selectFrom('networks').select(['id', 'project_id']).where('id', 'in', ids).execute()
    const shared = await sharedAmong(db.read, 'network', ids, viewer)
    return new Map(rows.map(row => [String(row['id']), { projectId: String(row['project_id']), shared: shared.has(String(row['id'])) }]))
  },

  async gatewaysOn(networkId: string, from: Reading): Promise<number> {
    const { count } = await from
      .selectFrom('ports')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('network_id', '=', networkId)
      .where('device_owner', 'in', ['network:router_gateway', 'network:floatingip'])
      .executeTakeFirstOrThrow()
    return Number(count)
  },
})

/** Who serves DHCP on them. */
const agents = { table: 'networkdhcpagentbindings', thing: 'network_id', agent: 'dhcp_agent_id' } as const

export type NetworkStore = ReturnType<typeof networkStore>

async function complete(
  rows: readonly Network[],
  read: Reading,
  viewer: Viewer,
  segmentsOf: (ids: readonly string[], from: Reading) => Promise<readonly Segment[]>,
): Promise<readonly Network[]> {
  const ids = rows.map(({ id }) => id)
  if (ids.length === 0) return []
  const [segments, shared, tags] = [
    await segmentsOf(ids, read),
    await sharedAmong(read, 'network', ids, viewer),
    await tagsAmong(read, ids),
  ]
  const subnets = await subnetsOf(read, ids)
  const zones = await zonesAmong(read, agents, ids)
  return rows.map(row => {
    const own = subnets.filter(subnet => subnet.networkId === row.id)
    const scope = (version: number) => own.find(subnet => subnet.version === version && subnet.scope !== null)?.scope ?? null
    return {
      ...row,
      shared: shared.has(row.id),
      tags: tags.get(row.id) ?? [],
      segments: segments.filter(segment => segment.networkId === row.id),
      subnets: own.map(({ id }) => id),
      isRouted: own.some(({ segmentId }) => segmentId !== null),
      availabilityZones: zones.get(row.id) ?? [],
      ipv4AddressScope: scope(4),
      ipv6AddressScope: scope(6),
    }
  })
}

async function subnetsOf(read: Reading, ids: readonly string[]) {
  const rows = await read
    .selectFrom('subnets')
    .leftJoin('subnetpools', 'subnetpools.id', 'subnets.subnetpool_id')
    .select(['subnets.id', 'subnets.network_id', 'subnets.ip_version', 'subnets.segment_id', 'subnetpools.address_scope_id'])
    .where('subnets.network_id', 'in', ids)
    .orderBy('subnets.created_at')
    .orderBy('subnets.id')
    .execute()
  return rows.map(row => ({
    id: String(row['id']),
    networkId: String(row['network_id']),
    version: Number(row['ip_version']),
    segmentId: row['segment_id'] as string | null,
    scope: (row['address_scope_id'] as string | null) ?? null,
  }))
}
