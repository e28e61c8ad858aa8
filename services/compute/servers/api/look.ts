import type { Diagnostics } from '@kilonova/hypervisor/contract/diagnostics.ts'
import { anything, dictionary, list } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, since, view } from '../../versions.ts'
import { addressesByLabel, type ServerNic } from '../server.ts'
import type { ServerLogic } from '../logic.ts'
import { type Topology, topologyOf } from '../documents.ts'
import { ofServer } from './asked.ts'

const entries = dictionary(list(anything))

/** What libvirt's own counters are called, until 2.47. */
function oldCounters({ cpus, nics, disks, memory, memoryCounts }: Diagnostics): Readonly<Record<string, number>> {
  return Object.fromEntries([
    ...cpus.map(({ id, timeNs }) => [`cpu${id}_time`, timeNs] as const),
    ...disks.flatMap(disk => [
      ...([
        [`${disk.device}_read`, disk.readBytes],
        [`${disk.device}_read_req`, disk.readRequests],
      ] as const),
      ...([
        [`${disk.device}_write`, disk.writeBytes],
        [`${disk.device}_write_req`, disk.writeRequests],
      ] as const),
      [`${disk.device}_errors`, disk.errors ?? -1] as const,
    ]),
    ...nics.flatMap(({ tap, received, sent }) =>
      (
        [
          ['rx', received],
          ['tx', sent],
        ] as const
      ).flatMap(([way, traffic]) => [
        ...([
          [`${tap}_${way}`, traffic.octets],
          [`${tap}_${way}_packets`, traffic.packets],
        ] as const),
        ...([
          [`${tap}_${way}_errors`, traffic.errors],
          [`${tap}_${way}_drop`, traffic.drops],
        ] as const),
      ]),
    ),
    ['memory', memory.maximumMb * 1024],
    ...Object.entries(memoryCounts).map(([name, count]) => [`memory-${name}`, count] as const),
  ])
}

interface Measured {
  readonly diagnostics: Diagnostics
  /** Seconds since it was launched. */
  readonly uptime: number | null
}
const measured = shows<Measured>()
const now = <T>(of: (one: Diagnostics, uptime: number | null) => T) =>
  since(
    '2.48',
    measured(anything, ({ diagnostics, uptime }) => of(diagnostics, uptime)),
  )

// biome-ignore format: a table of fields
const diagnosticsView = view<Measured>(null, {
  state:          now(({ power }) => power),
  driver:         now(({ driver }) => driver),
  hypervisor:     now(({ hypervisor }) => hypervisor),
  hypervisor_os:  now(({ hypervisorOs }) => hypervisorOs),
  uptime:         now((_, uptime) => uptime),
  config_drive:   now(({ hasConfigDrive }) => hasConfigDrive),
  num_cpus:       now(({ cpus }) => cpus.length),
  num_nics:       now(({ nics }) => nics.length),
  num_disks:      now(({ disks }) => disks.length),
  disk_details:   now(({ disks }) => disks.map(disk => ({
    read_bytes: disk.readBytes, read_requests: disk.readRequests, write_bytes: disk.writeBytes, write_requests: disk.writeRequests, errors_count: disk.errors }))),
  cpu_details:    now(({ cpus }) => cpus.map(({ id, timeNs, utilisation }) => ({ id, time: timeNs, utilisation }))),
  nic_details:    now(({ nics }) => nics.map(({ macAddress, received, sent }) => ({
    mac_address: macAddress, rx_octets: received.octets, rx_errors: received.errors, rx_drop: received.drops, rx_packets: received.packets, rx_rate: null,
    tx_octets: sent.octets, tx_errors: sent.errors, tx_drop: sent.drops, tx_packets: sent.packets, tx_rate: null }))),
  memory_details: now(({ memory }) => ({ maximum: memory.maximumMb, used: memory.usedMb })),
})

const counterView = view<Measured>(null, {}, ({ diagnostics }) => oldCounters(diagnostics))

interface Labelled {
  readonly label: string
  readonly nics: readonly ServerNic[]
}

// biome-ignore format: a table per route
export const lookApi = (servers: ServerLogic) => {
  const of = { about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id), target: ofServer, status: 200 } as const
  const measure = { ...of, summary: 'Show what a server’s hypervisor counts', policy: 'os_compute_api:os-server-diagnostics' } as const
  return [
    endpoint('GET /v2.1/servers/{server_id}/diagnostics', {
      ...measure, until: '2.47', view: counterView,
      run: ({ about, cause }) => servers.diagnostics(about, cause),
    }),

    endpoint('GET /v2.1/servers/{server_id}/diagnostics', {
      ...measure, since: '2.48', view: diagnosticsView,
      run: ({ about, cause }) => servers.diagnostics(about, cause),
    }),

    endpoint('GET /v2.1/servers/{server_id}/topology', {
      ...of, summary: 'Show how a server’s processors and memory lie together', policy: 'compute:server:topology:index', since: '2.78',
      view: view(null, {
        nodes:       shows<Topology>()(list(anything), ({ nodes }) => nodes),
        pagesize_kb: shows<Topology>()(anything, ({ pageKb }) => pageKb),
      }),
      run: ({ about }) => topologyOf(about),
    }),

    endpoint('GET /v2.1/servers/{server_id}/ips', {
      ...of, summary: 'List the addresses of a server', policy: 'os_compute_api:ips:index',
      view: view(null, { addresses: shows<readonly ServerNic[]>()(entries, nics => addressesByLabel(nics)) }),
      run: async ({ about }) => (await servers.cabled(about)).nics,
    }),

    endpoint('GET /v2.1/servers/{server_id}/ips/{network_label}', {
      ...of, summary: 'List the addresses of a server in one network', policy: 'os_compute_api:ips:show',
      view: view<Labelled>(null, {}, ({ nics }) => addressesByLabel(nics)),
      run: async ({ about, params }) => {
        const nics = (await servers.cabled(about)).nics.filter(({ label }) => label === params.network_label)
        if (nics.length === 0) throw new Refusal('not-found', 'Instance is not a member of specified network')
        return { label: params.network_label, nics }
      },
    }),
  ]
}
