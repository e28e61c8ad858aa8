import type { Things } from '@kilonova/platform/changes/remembering-things.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { containing } from '@kilonova/platform/sql/columns.ts'
import { type RawBuilder, sql } from 'kysely'
import type { Allocation } from '../ipam/ipam.ts'
import { refuseBody } from '../refusals/refusal.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { Port, PortTrunk, Promises } from './port/port.ts'

const columns = {
  ...namedColumns,
  networkId: 'text',
  macAddress: 'text',
  adminStateUp: 'flag',
  status: 'text',
  deviceId: 'text',
  deviceOwner: 'text',
  portSecurityEnabled: 'flag',
  allowedAddressPairs: 'json',
  extraDhcpOpts: 'json',
  bindingHostId: 'text',
  bindingVnicType: 'text',
  bindingProfile: 'json',
  bindingVifType: 'text',
  bindingVifDetails: 'json',
  qosPolicyId: 'text',
  deviceProfile: 'text',
  numaAffinityPolicy: 'text',
  dnsName: 'text',
  ipAllocation: 'text',
  propagateUplinkStatus: 'flag',
} as const

/** A project's own, and all on its networks. */
const isVisible = (projectId: string) =>
  sql<boolean>`ports.project_id = ${projectId} or ports.network_id in (select id from networks where networks.project_id = ${projectId})`

const fits: Readonly<Record<string, (text: string) => RawBuilder<unknown>>> = {
  ip_address: text => sql`ip_address = ${text}`,
  subnet_id: text => sql`subnet_id = ${text}`,
  ip_address_substr: text => sql`ip_address like ${containing(text)} escape '!'`,
}

/** `fixed_ips=ip_address=10.0.0.5`, `subnet_id=...`, `ip_address_substr=10.0.`: of each that is said, some allocation fits one of its values. */
function byAddress(values: readonly unknown[]): RawBuilder<boolean> {
  const pairs = values.map(value => {
    const [key = '', ...rest] = String(value).split('=')
    return rest.length === 0 ? refuseBody(`'${value}' is not of the form <key>=[value]`) : { key, text: rest.join('=') }
  })
  const parts = [...Map.groupBy(pairs, ({ key }) => key)].flatMap(([key, some]) => {
    const fit = Object.hasOwn(fits, key) ? fits[key] : undefined
    return fit
      ? [
          sql`ports.id in (select port_id from ipallocations where ${sql.join(
            some.map(({ text }) => fit(text)),
            sql` or `,
          )})`,
        ]
      : []
  })
  return parts.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(parts, sql` and `)}`
}

const byGroup = (values: readonly unknown[]) =>
  sql<boolean>`ports.id in (select port_id from securitygroupportbindings where security_group_id in (${sql.join(values)}))`

/** What else a port is made from, by the names of its changes; what belongs to a single port is written together with a change of it. */
const parts: readonly string[] = [
  'network.network',
  'network.subnet',
  'network.segment',
  'network.trunk',
  'network.qos_policy',
  'network.qos_rule',
]

/** Which ports are others after a change, and which are not made from other ports. */
export const rememberedPorts = {
  touched: ({ kind, id }: { readonly kind: string; readonly id: string }) =>
    kind === 'network.port' ? id : parts.includes(kind) ? ('all' as const) : undefined,
  keeps: ({ trunk }: Port) => trunk === null,
}

/** Ports in `ports`; their addresses are kept by `ipam/`. */
export const portStore = (
  db: Pick<Database<Tables>, 'read'>,
  allocationsOf: (portIds: readonly string[], from: Reading) => Promise<readonly Allocation[]>,
  things?: Things<Port>,
) => ({
  ...keeping<Port>(db, {
    things,
    table: 'ports',
    kind: 'network.port',
    columns,
    isVisible,
    filters: { ...tagFilters('ports'), fixed_ips: byAddress, security_groups: byGroup },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read) {
      const ids = rows.map(({ id }) => id)
      if (ids.length === 0) return []
      const addresses = Map.groupBy(await allocationsOf(ids, read), ({ portId }) => portId)
      const groups = await groupsOf(read, ids)
      const tags = await tagsAmong(read, ids)
      const networks = await networksOf(read, [...new Set(rows.map(({ networkId }) => networkId))])
      const trunks = await trunksOf(read, ids)
      const policyOf = (row: Pick<Port, 'qosPolicyId' | 'networkId'>) => row.qosPolicyId ?? networks.get(row.networkId)?.qosPolicyId ?? ''
      const promises = await promisesOf(read, [...new Set(rows.map(policyOf))].filter(Boolean))
      const places = promises.size === 0 ? undefined : await placesOf(read, [...networks.keys()])
      return rows.map(row => ({
        ...row,
        trunk: trunks.get(row.id) ?? null,
        promises: promisesTo(promises.get(policyOf(row)), places?.get(row.networkId)),
        fixedIps: (addresses.get(row.id) ?? []).map(({ subnetId, ipAddress }) => ({ subnetId, ipAddress })),
        securityGroups: groups.get(row.id) ?? [],
        tags: tags.get(row.id) ?? [],
        networkProjectId: networks.get(row.networkId)?.projectId ?? '',
        qosNetworkPolicyId: networks.get(row.networkId)?.qosPolicyId ?? null,
      }))
    },
  }),

  async macIsTaken(networkId: string, macAddress: string, from: Reading): Promise<boolean> {
    const row = await from
      .selectFrom('ports')
      .select('id')
      .where('network_id', '=', networkId)
      .where('mac_address', '=', macAddress)
      .executeTakeFirst()
    return row !== undefined
  },

  writeGroups: (tx: Transaction, portId: string, groups: readonly string[], isNew = false) =>
    tx.change([], async writer => {
      if (!isNew) await writer.deleteFrom('securitygroupportbindings').where('port_id', '=', portId).execute()
      const rows = groups.map(id => ({ port_id: portId, security_group_id: id }))
      if (rows.length > 0) await writer.insertInto('securitygroupportbindings').values(rows).execute()
    }),
})

export type PortStore = ReturnType<typeof portStore>

async function groupsOf(read: Reading, portIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await read.selectFrom('securitygroupportbindings').selectAll().where('port_id', 'in', portIds).execute()
  const byPort = Map.groupBy(rows, row => String(row['port_id']))
  return new Map([...byPort].map(([id, some]) => [id, some.map(row => String(row['security_group_id'])).sort()]))
}

async function networksOf(read: Reading, ids: readonly string[]) {
  const rows = await read.selectFrom('networks').select(['id', 'project_id', 'qos_policy_id']).where('id', 'in', ids).execute()
  return new Map(
    rows.map(row => [String(row['id']), { projectId: String(row['project_id']), qosPolicyId: row['qos_policy_id'] as string | null }]),
  )
}

/** The trunks these ports are the parents of, with the ports inside and their MACs. */
async function trunksOf(read: Reading, ids: readonly string[]): Promise<ReadonlyMap<string, PortTrunk>> {
  const rows = await read
    .selectFrom('trunks')
    .leftJoin('subports', 'subports.trunk_id', 'trunks.id')
    .leftJoin('ports', 'ports.id', 'subports.port_id')
    .select(['trunks.id', 'trunks.port_id', 'subports.port_id as inside', 'subports.segmentation_type', 'subports.segmentation_id'])
    .select('ports.mac_address')
    .where('trunks.port_id', 'in', ids)
    .orderBy('subports.segmentation_id')
    .execute()
  const byParent = Map.groupBy(rows, row => String(row['port_id']))
  return new Map([...byParent].map(([parent, some]) => [parent, { trunkId: String(some[0]?.['id']), subPorts: some.flatMap(insideOf) }]))
}

const insideOf = (row: Record<string, unknown>): PortTrunk['subPorts'] =>
  row['inside'] === null
    ? []
    : [
        {
          portId: String(row['inside']),
          segmentationType: String(row['segmentation_type']),
          segmentationId: Number(row['segmentation_id']),
          macAddress: String(row['mac_address'] ?? ''),
        },
      ]

/** What these QoS policies promise. */
async function promisesOf(read: Reading, policyIds: readonly string[]): Promise<ReadonlyMap<string, Promises['rules']>> {
  if (policyIds.length === 0) return new Map()
  const rows = await read
    .selectFrom('qos_rules')
    .selectAll()
    .where('qos_policy_id', 'in', policyIds)
    .where('rule_type', 'in', ['minimum_bandwidth', 'minimum_packet_rate'])
    .orderBy('id')
    .execute()
  const byPolicy = Map.groupBy(rows, row => String(row['qos_policy_id']))
  return new Map([...byPolicy].map(([id, some]) => [id, some.map(promiseOf)]))
}

const promiseOf = (row: Record<string, unknown>): Promises['rules'][number] => ({
  id: String(row['id']),
  type: row['rule_type'] === 'minimum_bandwidth' ? 'minimum_bandwidth' : 'minimum_packet_rate',
  direction: String(row['direction']),
  amount: Number(row['min_kbps'] ?? row['min_kpps'] ?? 0),
})

const promisesTo = (rules: Promises['rules'] | undefined, physicalNetwork: string | undefined): Promises | null =>
  rules === undefined ? null : { rules, physicalNetwork: physicalNetwork ?? null }

/** The physical networks these networks are on. */
async function placesOf(read: Reading, networkIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await read
    .selectFrom('networksegments')
    .select(['network_id', 'physical_network'])
    .where('network_id', 'in', networkIds)
    .where('physical_network', 'is not', null)
    .orderBy('segment_index', 'desc')
    .execute()
  return new Map(rows.map(row => [String(row['network_id']), String(row['physical_network'])]))
}
