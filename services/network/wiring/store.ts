import type { Database } from '@kilonova/platform/sql/database.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Reading, Tables } from '../tables.ts'
import type {
  WiredAddressGroup,
  WiredGroup,
  WiredLimit,
  WiredNetwork,
  WiredPort,
  WiredRouter,
  WiredRule,
  WiredSubnet,
} from './wiring/landscape.ts'

type Row = Record<string, unknown>

/** More ids than this are not named one by one: the whole table is read. */
const mostIds = 400

/** The rows that wiring is made from, read in pieces: those of some ids, or all. It writes nothing. */
export const wiringStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  networks: async (ids?: readonly string[]): Promise<readonly WiredNetwork[]> => {
    const rows = await some(read, 'networks', ids)
    const segments = new Map((await ofAll(read, 'networksegments', 'network_id', ids)).map(row => [text(row['network_id']), row]))
    return rows.map(row => networkOf(row, segments.get(text(row['id']))))
  },

  subnets: async (ids?: readonly string[]): Promise<readonly WiredSubnet[]> => (await some(read, 'subnets', ids)).map(subnetOf),

  ports: async (ids?: readonly string[]): Promise<readonly WiredPort[]> => {
    const rows = await some(read, 'ports', ids)
    const addresses = Map.groupBy(await ofAll(read, 'ipallocations', 'port_id', ids), row => text(row['port_id']))
    const groups = Map.groupBy(await ofAll(read, 'securitygroupportbindings', 'port_id', ids), row => text(row['port_id']))
    return rows.map(row => portOf(row, { addresses: addresses.get(text(row['id'])), groups: groups.get(text(row['id'])) }))
  },

  groups: async (ids?: readonly string[]): Promise<readonly WiredGroup[]> =>
    (await some(read, 'securitygroups', ids)).map(row => ({ id: text(row['id']), stateful: flag(row['stateful']) })),

  rules: async (ids?: readonly string[]): Promise<readonly WiredRule[]> => (await some(read, 'securitygrouprules', ids)).map(ruleOf),

  addressGroups: async (ids?: readonly string[]): Promise<readonly WiredAddressGroup[]> =>
    (await some(read, 'address_groups', ids)).map(row => ({ id: text(row['id']), addresses: json(row['addresses']) })),

  routers: async (ids?: readonly string[]): Promise<readonly WiredRouter[]> => {
    const rows = await some(read, 'routers', ids)
    const floating = await ofAll(read, 'floatingips', 'router_id', ids)
    const hangers = {
      hosts: Map.groupBy(await hostsOfRouters(read), row => text(row['router_id'])),
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
    }
    return rows.map(row => routerOf(row, hangers))
  },

  limits: async (ids?: readonly string[]): Promise<readonly WiredLimit[]> =>
    (await some(read, 'qos_rules', ids)).filter(row => row['rule_type'] === 'bandwidth_limit').map(limitOf),
})

export type WiringStore = ReturnType<typeof wiringStore>

const some = (read: Reading, table: string, ids: readonly string[] | undefined): Promise<Row[]> => ofAll(read, table, 'id', ids)

async function ofAll(read: Reading, table: string, column: string, ids: readonly string[] | undefined): Promise<Row[]> {
  if (ids?.length === 0) return []
  const query = read.selectFrom(table).selectAll()
  return ids === undefined || ids.length > mostIds ? query.execute() : query.where(column, 'in', ids).execute()
}

const hostsOfRouters = (read: Reading): Promise<Row[]> =>
  read
    .selectFrom('routerl3agentbindings')
    .innerJoin('agents', 'agents.id', 'routerl3agentbindings.l3_agent_id')
    .select(['routerl3agentbindings.router_id', 'agents.host'])
    .orderBy('agents.host')
    .execute()

const text = (value: unknown): string => String(value ?? '')
const textOrNull = (value: unknown): string | null => (value === null || value === undefined ? null : String(value))
const numberOrNull = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value))
const flag = (value: unknown): boolean => isSet(value as number | null)
const json = <T>(value: unknown): readonly T[] => (typeof value === 'string' ? ((JSON.parse(value) as readonly T[] | null) ?? []) : [])

/** A network of several segments is wired by its first one. */
const networkOf = (row: Row, segment: Row | undefined): WiredNetwork => ({
  id: text(row['id']),
  mtu: Number(row['mtu']),
  dnsDomain: text(row['dns_domain']),
  networkType: text(segment?.['network_type'] ?? 'local'),
  physicalNetwork: textOrNull(segment?.['physical_network']),
  segmentationId: numberOrNull(segment?.['segmentation_id']),
  qosPolicyId: textOrNull(row['qos_policy_id']),
})

const subnetOf = (row: Row): WiredSubnet => ({
  id: text(row['id']),
  networkId: text(row['network_id']),
  projectId: text(row['project_id']),
  ipVersion: Number(row['ip_version']) === 6 ? 6 : 4,
  cidr: text(row['cidr']),
  gatewayIp: textOrNull(row['gateway_ip']),
  enableDhcp: flag(row['enable_dhcp']),
  ipv6RaMode: textOrNull(row['ipv6_ra_mode']) as WiredSubnet['ipv6RaMode'],
  ipv6AddressMode: textOrNull(row['ipv6_address_mode']) as WiredSubnet['ipv6AddressMode'],
  dnsNameservers: json(row['dns_nameservers']),
  hostRoutes: json(row['host_routes']),
})

interface Hangers {
  readonly addresses: readonly Row[] | undefined
  readonly groups: readonly Row[] | undefined
}

const portOf = (row: Row, { addresses = [], groups = [] }: Hangers): WiredPort => ({
  id: text(row['id']),
  projectId: text(row['project_id']),
  networkId: text(row['network_id']),
  macAddress: text(row['mac_address']),
  adminStateUp: flag(row['admin_state_up']),
  status: text(row['status']),
  deviceId: text(row['device_id']),
  deviceOwner: text(row['device_owner']),
  portSecurityEnabled: flag(row['port_security_enabled']),
  allowedAddressPairs: json(row['allowed_address_pairs']),
  extraDhcpOpts: json(row['extra_dhcp_opts']),
  fixedIps: addresses
    .map(one => ({ subnetId: text(one['subnet_id']), ipAddress: text(one['ip_address']) }))
    .sort((a, b) => a.ipAddress.localeCompare(b.ipAddress)),
  securityGroups: groups.map(one => text(one['security_group_id'])).sort(),
  bindingHostId: text(row['binding_host_id']),
  bindingVifType: text(row['binding_vif_type']),
  dnsName: text(row['dns_name']),
  qosPolicyId: textOrNull(row['qos_policy_id']),
})

const limitOf = (row: Row): WiredLimit => ({
  id: text(row['id']),
  policyId: text(row['qos_policy_id']),
  direction: text(row['direction']) === 'ingress' ? 'ingress' : 'egress',
  maxKbps: Number(row['max_kbps'] ?? 0),
  maxBurstKbits: Number(row['max_burst_kbps'] ?? 0),
})

const ruleOf = (row: Row): WiredRule => ({
  id: text(row['id']),
  securityGroupId: text(row['security_group_id']),
  direction: text(row['direction']) === 'egress' ? 'egress' : 'ingress',
  ethertype: text(row['ethertype']) === 'IPv6' ? 'IPv6' : 'IPv4',
  protocol: textOrNull(row['protocol']),
  portRangeMin: numberOrNull(row['port_range_min']),
  portRangeMax: numberOrNull(row['port_range_max']),
  remoteIpPrefix: textOrNull(row['remote_ip_prefix']),
  remoteGroupId: textOrNull(row['remote_group_id']),
  remoteAddressGroupId: textOrNull(row['remote_address_group_id']),
})

interface RouterHangers {
  readonly hosts: ReadonlyMap<string, readonly Row[]>
  readonly floating: ReadonlyMap<string, readonly Row[]>
  readonly forwardings: ReadonlyMap<string, readonly Row[]>
}

function routerOf(row: Row, { hosts, floating, forwardings }: RouterHangers): WiredRouter {
  const id = text(row['id'])
  const addresses = floating.get(id) ?? []
  return {
    id,
    projectId: text(row['project_id']),
    adminStateUp: flag(row['admin_state_up']),
    enableSnat: flag(row['enable_snat']),
    hosts: (hosts.get(id) ?? []).map(one => text(one['host'])),
    routes: json(row['routes']),
    floatingIps: addresses
      .filter(one => one['fixed_ip_address'] !== null)
      .map(one => ({
        ...{ id: text(one['id']), address: text(one['floating_ip_address']), fixedAddress: text(one['fixed_ip_address']) },
        isActive: one['status'] === 'ACTIVE',
      })),
    portForwardings: addresses.flatMap(one =>
      (forwardings.get(text(one['id'])) ?? []).map(forwarding => ({
        id: text(forwarding['id']),
        floatingAddress: text(one['floating_ip_address']),
        protocol: text(forwarding['protocol']),
        externalPort: Number(forwarding['external_port']),
        internalAddress: text(forwarding['internal_ip_address']),
        internalPort: Number(forwarding['internal_port']),
      })),
    ),
  }
}
