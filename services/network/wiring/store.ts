import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'
import { type ColumnKind, fromRow } from '../tables/columns.ts'
import type {
  WiredAddressGroup,
  WiredGroup,
  WiredLimit,
  WiredLog,
  WiredNetwork,
  WiredPort,
  WiredRouter,
  WiredRule,
  WiredSegment,
  WiredSubnet,
} from './wiring/landscape.ts'

type Row = Record<string, unknown>

/** More ids than this are not named one by one: the whole table is read. */
const mostIds = 400

/** The rows that wiring is made from, read in pieces: those of some ids, or all. It writes nothing. */
export const wiringStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  networks: async (ids?: readonly string[]): Promise<readonly WiredNetwork[]> => {
    const rows = await some(read, 'networks', ids)
    const segments = (await ofAll(read, 'networksegments', 'network_id', ids)).toSorted(firstFirst)
    const own = Map.groupBy(segments, row => text(row['network_id']))
    return rows.map(row => networkOf(row, own.get(text(row['id'])) ?? []))
  },

  subnets: async (ids?: readonly string[]): Promise<readonly WiredSubnet[]> => rowsAs(subnetWires, await some(read, 'subnets', ids)),

  ports: async (ids?: readonly string[]): Promise<readonly WiredPort[]> => {
    const rows = await some(read, 'ports', ids)
    const addresses = Map.groupBy(await ofAll(read, 'ipallocations', 'port_id', ids), row => text(row['port_id']))
    const groups = Map.groupBy(await ofAll(read, 'securitygroupportbindings', 'port_id', ids), row => text(row['port_id']))
    const parents = await parentsOf(read, ids)
    return rows.map(row => {
      const id = text(row['id'])
      return portOf(row, { addresses: addresses.get(id), groups: groups.get(id), parent: parents.get(id) })
    })
  },

  groups: async (ids?: readonly string[]): Promise<readonly WiredGroup[]> =>
    rowsAs<WiredGroup>({ text: ['id'], flag: ['stateful'] }, await some(read, 'securitygroups', ids)),

  rules: async (ids?: readonly string[]): Promise<readonly WiredRule[]> => rowsAs(ruleWires, await some(read, 'securitygrouprules', ids)),

  addressGroups: async (ids?: readonly string[]): Promise<readonly WiredAddressGroup[]> =>
    rowsAs<WiredAddressGroup>({ text: ['id'], json: ['addresses'] }, await some(read, 'address_groups', ids)),

  routers: async (ids?: readonly string[]): Promise<readonly WiredRouter[]> => {
    const rows = await some(read, 'routers', ids)
    const floating = await ofAll(read, 'floatingips', 'router_id', ids)
    const hangers = {
      hosts: Map.groupBy(await hostsOfRouters(read, ids), row => text(row['router_id'])),
      floating: Map.groupBy(floating, row => text(row['router_id'])),
      forwardings: Map.groupBy(
        await ofAll(
          read,
          'portforwardings',
          'floatingip_id',
          floating.map(row => text(row['id'])),
        ),
        row => text(row['floatingip_id']),
      ),
      trackers: Map.groupBy(await ofAll(read, 'conntrack_helpers', 'router_id', ids), row => text(row['router_id'])),
      gateways: Map.groupBy(await ofAll(read, 'router_extra_gateways', 'router_id', ids), row => text(row['router_id'])),
      proxied: Map.groupBy(await ofAll(read, 'ndp_proxies', 'router_id', ids), row => text(row['router_id'])),
    }
    return rows.map(row => routerOf(row, hangers))
  },

  logs: async (ids?: readonly string[]): Promise<readonly WiredLog[]> =>
    rowsAs<WiredLog>({ text: ['id', 'projectId', 'resourceId', 'targetId', 'event'], flag: ['enabled'] }, await some(read, 'logs', ids)),

  limits: async (ids?: readonly string[]): Promise<readonly WiredLimit[]> => (await some(read, 'qos_rules', ids)).map(limitOf),
})

export type WiringStore = ReturnType<typeof wiringStore>

const some = (read: Reading, table: string, ids: readonly string[] | undefined): Promise<Row[]> => ofAll(read, table, 'id', ids)

async function ofAll(read: Reading, table: string, column: string, ids: readonly string[] | undefined): Promise<Row[]> {
  if (ids?.length === 0) return []
  const query = read.selectFrom(table).selectAll()
  return ids === undefined || ids.length > mostIds ? query.execute() : query.where(column, 'in', ids).execute()
}

async function hostsOfRouters(read: Reading, ids: readonly string[] | undefined): Promise<Row[]> {
  if (ids?.length === 0) return []
  const query = read
    .selectFrom('routerl3agentbindings')
    .innerJoin('agents', 'agents.id', 'routerl3agentbindings.l3_agent_id')
    .select(['routerl3agentbindings.router_id', 'agents.host'])
    .orderBy('agents.host')
  return ids === undefined || ids.length > mostIds ? query.execute() : query.where('routerl3agentbindings.router_id', 'in', ids).execute()
}

/** The parents of ports inside of trunks, and the tags there. */
async function parentsOf(
  read: Reading,
  ids: readonly string[] | undefined,
): Promise<ReadonlyMap<string, NonNullable<WiredPort['parent']>>> {
  const inside = await ofAll(read, 'subports', 'port_id', ids)
  const trunkIds = [...new Set(inside.map(row => text(row['trunk_id'])))]
  const trunks = new Map((await ofAll(read, 'trunks', 'id', trunkIds)).map(row => [text(row['id']), text(row['port_id'])]))
  return new Map(
    inside.map(row => {
      const portId = trunks.get(text(row['trunk_id'])) ?? ''
      return [text(row['port_id']), { portId, vlanId: Number(row['segmentation_id']) }]
    }),
  )
}

const text = (value: unknown): string => String(value ?? '')
const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))
/** Which fields of a thing are columns of its row, by what lies in them. */
type Wires<T> = { readonly [Kind in ColumnKind]?: readonly (keyof T & string)[] }

const columnsOf = <T>(wires: Wires<T>): object =>
  Object.fromEntries(Object.entries(wires).flatMap(([kind, fields]) => fields.map(field => [field, kind])))

const rowsAs = <T>(wires: Wires<T>, rows: readonly Row[]): readonly T[] => {
  const columns = columnsOf(wires)
  return rows.map(row => fromRow<T>(columns, row))
}

const networkColumns = columnsOf<WiredNetwork>({ text: ['id', 'dnsDomain', 'qosPolicyId'], flag: ['adminStateUp'], number: ['mtu'] })
const segmentColumns = columnsOf<WiredSegment>({ text: ['networkType', 'physicalNetwork'], number: ['segmentationId'] })

const firstFirst = (a: Row, b: Row): number => Number(a['segment_index']) - Number(b['segment_index'])
const local: WiredSegment = { networkType: 'local', physicalNetwork: null, segmentationId: null }

function networkOf(row: Row, segments: readonly Row[]): WiredNetwork {
  const [first = local, ...elsewhere] = segments.map(segment => fromRow<WiredSegment>(segmentColumns, segment))
  return { ...fromRow<WiredNetwork>(networkColumns, row), ...first, elsewhere }
}

const subnetWires: Wires<WiredSubnet> = {
  text: ['id', 'networkId', 'projectId', 'cidr', 'gatewayIp', 'ipv6RaMode', 'ipv6AddressMode'],
  number: ['ipVersion'],
  flag: ['enableDhcp'],
  json: ['dnsNameservers', 'hostRoutes'],
}

interface Hangers {
  readonly addresses: readonly Row[] | undefined
  readonly groups: readonly Row[] | undefined
  readonly parent: WiredPort['parent'] | undefined
}

const portColumns = columnsOf<WiredPort>({
  text: [
    ...(['id', 'projectId', 'networkId', 'macAddress', 'status', 'deviceId', 'deviceOwner'] as const),
    ...(['bindingHostId', 'bindingVifType', 'dnsName', 'qosPolicyId'] as const),
  ],
  flag: ['adminStateUp', 'portSecurityEnabled'],
  json: ['allowedAddressPairs', 'extraDhcpOpts'],
})

const portOf = (row: Row, { addresses = [], groups = [], parent = null }: Hangers): WiredPort => ({
  ...fromRow<WiredPort>(portColumns, row),
  parent,
  fixedIps: addresses
    .map(one => ({ subnetId: text(one['subnet_id']), ipAddress: text(one['ip_address']) }))
    .sort((a, b) => a.ipAddress.localeCompare(b.ipAddress)),
  securityGroups: groups.map(one => text(one['security_group_id'])).sort(),
})

const limitOf = (row: Row): WiredLimit => ({
  id: text(row['id']),
  policyId: text(row['qos_policy_id']),
  ruleType: text(row['rule_type']),
  direction: text(row['direction']) === 'ingress' ? 'ingress' : 'egress',
  maxKbps: Number(row['max_kbps'] ?? 0),
  maxBurstKbits: Number(row['max_burst_kbps'] ?? 0),
  maxKpps: Number(row['max_kpps'] ?? 0),
  maxBurstKpps: Number(row['max_burst_kpps'] ?? 0),
  dscpMark: Number(row['dscp_mark'] ?? 0),
})

const ruleWires: Wires<WiredRule> = {
  text: [
    ...(['id', 'securityGroupId', 'direction', 'ethertype', 'protocol'] as const),
    ...(['remoteIpPrefix', 'remoteGroupId', 'remoteAddressGroupId'] as const),
  ],
  number: ['portRangeMin', 'portRangeMax'],
}

const routerColumns = columnsOf<WiredRouter>({
  text: ['id', 'projectId', 'qosPolicyId'],
  flag: ['adminStateUp', 'enableSnat'],
  json: ['routes'],
})

const trackerOf = (row: Row) => ({ protocol: text(row['protocol']), port: Number(row['port']), name: text(row['helper']) })
const flagOf = (value: unknown): boolean => isSet(value as number | null)

interface RouterHangers {
  readonly trackers: ReadonlyMap<string, readonly Row[]>
  readonly proxied: ReadonlyMap<string, readonly Row[]>
  readonly gateways: ReadonlyMap<string, readonly Row[]>
  readonly hosts: ReadonlyMap<string, readonly Row[]>
  readonly floating: ReadonlyMap<string, readonly Row[]>
  readonly forwardings: ReadonlyMap<string, readonly Row[]>
}

function routerOf(row: Row, { hosts, floating, forwardings, trackers, proxied, gateways }: RouterHangers): WiredRouter {
  const id = text(row['id'])
  const addresses = floating.get(id) ?? []
  return {
    ...fromRow<WiredRouter>(routerColumns, row),
    hosts: (hosts.get(id) ?? []).map(one => text(one['host'])),
    holds: [
      ...addresses,
      ...addresses.flatMap(one => forwardings.get(text(one['id'])) ?? []),
      ...(trackers.get(id) ?? []),
      ...(proxied.get(id) ?? []),
    ].map(one => text(one['id'])),
    extraGateways: (gateways.get(id) ?? [])
      .toSorted((a, b) => Number(a['position']) - Number(b['position']))
      .map(one => ({ portId: text(one['id']), enableSnat: flagOf(one['enable_snat']), qosPolicyId: textOrNull(one['qos_policy_id']) })),
    trackers: (trackers.get(id) ?? []).map(trackerOf).sort((a, b) => a.port - b.port || a.name.localeCompare(b.name)),
    // What is put down while it may not answer is kept and not done.
    proxied: flagOf(row['enable_ndp_proxy']) ? (proxied.get(id) ?? []).map(one => text(one['ip_address'])).sort() : [],
    floatingIps: addresses
      .filter(one => one['fixed_ip_address'] !== null)
      .map(one => ({
        ...{ id: text(one['id']), networkId: text(one['floating_network_id']), address: text(one['floating_ip_address']) },
        fixedAddress: text(one['fixed_ip_address']),
        qosPolicyId: textOrNull(one['qos_policy_id']),
        isActive: one['status'] === 'ACTIVE',
      })),
    portForwardings: addresses.flatMap(one =>
      (forwardings.get(text(one['id'])) ?? []).map(forwarding => ({
        id: text(forwarding['id']),
        networkId: text(one['floating_network_id']),
        floatingAddress: text(one['floating_ip_address']),
        protocol: text(forwarding['protocol']),
        externalPort: Number(forwarding['external_port']),
        internalAddress: text(forwarding['internal_ip_address']),
        internalPort: Number(forwarding['internal_port']),
      })),
    ),
  }
}
