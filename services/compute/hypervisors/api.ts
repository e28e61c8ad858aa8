import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, either, flag, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, listView, query, since, until, view } from '../versions.ts'
import type { Hypervisor } from './hypervisor.ts'
import type { HypervisorLogic } from './logic.ts'

interface Seen extends Hypervisor {
  readonly withServers: boolean
}
const shown = shows<Seen>()
const serversOf = ({ servers }: Hypervisor) => servers.map(({ id, name }) => ({ uuid: id, name }))
const serverShape = list(object({ uuid: text(), name: text() }))
// biome-ignore format: a table of fields
const briefCells = {
  id:    [shown(either(integer(), text()), ({ service }: Seen) => service.number), since('2.53', shown(text(), ({ service }: Seen) => service.id))],
  hypervisor_hostname: shown(text(), ({ service }) => service.host),
  state:  shown(text(), ({ isUp }) => (isUp ? 'up' : 'down')),
  status: shown(text(), ({ service }) => (service.isDisabled ? 'disabled' : 'enabled')),
  servers: since('2.53', shown(serverShape, one => (one.withServers && one.servers.length > 0 ? serversOf(one) : undefined))),
}
const briefView = view('hypervisor', briefCells)
// biome-ignore format: a table of fields
const hypervisorView = view('hypervisor', {
  ...briefCells,
  service: shown(object({ id: either(integer(), text()), host: text(), disabled_reason: nullable(text()) }), ({ service }, { version }) =>
    ({ id: Number(version.split('.')[1]) >= 53 ? service.id : service.number, host: service.host, disabled_reason: service.disabledReason })),
  hypervisor_type:    shown(text(), ({ facts }) => facts.hypervisorType),
  hypervisor_version: shown(integer(), ({ facts }) => facts.hypervisorVersion),
  host_ip:            shown(text(), () => '127.0.0.1'),
  vcpus:              until('2.87', shown(integer(), ({ facts }) => facts.vcpus)),
  vcpus_used:         until('2.87', shown(integer(), ({ used }) => used.vcpus)),
  memory_mb:          until('2.87', shown(integer(), ({ facts }) => facts.memoryMb)),
  memory_mb_used:     until('2.87', shown(integer(), ({ used }) => used.memoryMb)),
  free_ram_mb:        until('2.87', shown(integer(), ({ facts, used }) => facts.memoryMb - used.memoryMb)),
  local_gb:           until('2.87', shown(integer(), ({ facts }) => facts.diskGb)),
  local_gb_used:      until('2.87', shown(integer(), ({ used }) => used.diskGb)),
  free_disk_gb:       until('2.87', shown(integer(), ({ facts, used }) => facts.diskGb - used.diskGb)),
  disk_available_least: until('2.87', shown(nullable(integer()), ({ facts }) => facts.freeDiskGb)),
  current_workload:   until('2.87', shown(integer(), () => 0)),
  running_vms:        until('2.87', shown(integer(), ({ used }) => used.servers)),
  cpu_info:           [shown(anything, ({ facts }) => JSON.stringify({ arch: facts.arch })),
                       { from: '2.28', to: '2.87', what: shown(anything, ({ facts }) => ({ arch: facts.arch })) },
                       since('2.88', shown(anything, () => undefined))],
  uptime:             since('2.88', shown(nullable(text()), () => null)),
})

const totals = [
  'count',
  'vcpus',
  'vcpus_used',
  'memory_mb',
  'memory_mb_used',
  'free_ram_mb',
  'local_gb',
  'local_gb_used',
  'free_disk_gb',
  'disk_available_least',
  'current_workload',
  'running_vms',
] as const
type Totals = Readonly<Record<(typeof totals)[number], number>>
const totalsOf = (all: readonly Hypervisor[]): Totals => {
  const sum = (of: (one: Hypervisor) => number) => all.reduce((total, one) => total + of(one), 0)
  return {
    count: all.length,
    vcpus: sum(one => one.facts.vcpus),
    vcpus_used: sum(one => one.used.vcpus),
    memory_mb: sum(one => one.facts.memoryMb),
    memory_mb_used: sum(one => one.used.memoryMb),
    free_ram_mb: sum(one => one.facts.memoryMb - one.used.memoryMb),
    local_gb: sum(one => one.facts.diskGb),
    local_gb_used: sum(one => one.used.diskGb),
    free_disk_gb: sum(one => one.facts.diskGb - one.used.diskGb),
    disk_available_least: sum(one => one.facts.freeDiskGb),
    current_workload: 0,
    running_vms: sum(one => one.used.servers),
  }
}

// biome-ignore format: a table of fields
const listQuery = query({
  hypervisor_hostname_pattern: since('2.53', optional(text())),
  with_servers: since('2.53', optional(flag)),
  limit:  since('2.33', optional(integer({ min: 0 }))),
  marker: since('2.33', optional(text())),
})
interface ListWish {
  readonly hypervisor_hostname_pattern?: string | undefined
  readonly with_servers?: boolean | undefined
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

// biome-ignore format: a table per route
export const hypervisorApi = (hypervisors: HypervisorLogic) => {
  const page = async ({ hypervisor_hostname_pattern: pattern, with_servers = false, limit = 1000, marker }: ListWish, version: string) => {
    if (pattern !== undefined && marker !== undefined)
      throw new Refusal('invalid', 'Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.')
    const all = pattern === undefined ? await hypervisors.list() : await hypervisors.matching(pattern)
    const idOf = ({ service }: Hypervisor) => (Number(version.split('.')[1]) >= 53 ? service.id : String(service.number))
    const after = marker === undefined ? -1 : all.findIndex(one => idOf(one) === marker)
    if (marker !== undefined && after < 0) throw new Refusal('invalid', `marker [${marker}] not found`)
    const size = limit || 1000
    const items = all.slice(after + 1, after + 1 + size)
    const last = items.at(-1)
    return {
      items: items.map(one => ({ ...one, withServers: with_servers })),
      next: after + 1 + size < all.length && last ? idOf(last) : undefined,
    }
  }
  const listed = (summary: string, view: typeof briefView) => ({ summary, query: listQuery, status: 200, view: listView('hypervisors', view) })
  return [
    endpoint('GET /v2.1/os-hypervisors', {
      ...listed('List the hosts that run servers', briefView),
      policy: 'os_compute_api:os-hypervisors:list',
      run:    ({ query, version }) => page(query, version),
    }),

    endpoint('GET /v2.1/os-hypervisors/detail', {
      ...listed('List the hosts that run servers with all they say', hypervisorView),
      policy: 'os_compute_api:os-hypervisors:list-detail',
      run:    ({ query, version }) => page(query, version),
    }),

    endpoint('GET /v2.1/os-hypervisors/statistics', {
      summary: 'What all hosts have together',
      policy:  'os_compute_api:os-hypervisors:statistics',
      until:   '2.87',
      status:  200,
      view:    view('hypervisor_statistics', Object.fromEntries(totals.map(name => [name, shows<Totals>()(integer(), all => all[name])]))),
      run:     async () => totalsOf(await hypervisors.list()),
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}', {
      summary: 'Show a host that runs servers',
      policy:  'os_compute_api:os-hypervisors:show',
      query:   query({ with_servers: since('2.53', optional(flag)) }),
      status:  200,
      view:    hypervisorView,
      run:     async ({ params, query }) => ({ ...(await hypervisors.get(params.hypervisor_id)), withServers: query.with_servers ?? false }),
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}/uptime', {
      summary: 'How long a host has been up',
      policy:  'os_compute_api:os-hypervisors:uptime',
      until:   '2.87',
      status:  200,
      async run({ params }) {
        await hypervisors.get(params.hypervisor_id)
        throw new Refusal('invalid', 'Virt driver does not implement uptime function.')
      },
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}/search', {
      summary: 'Find hosts by a part of their name',
      policy:  'os_compute_api:os-hypervisors:search',
      until:   '2.52',
      status:  200,
      view:    listView('hypervisors', briefView),
      run:     async ({ params }) => ({ items: (await hypervisors.matching(params.hypervisor_id)).map(one => ({ ...one, withServers: false })) }),
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}/servers', {
      summary: 'Find hosts by a part of their name, with their servers',
      policy:  'os_compute_api:os-hypervisors:servers',
      until:   '2.52',
      status:  200,
      view:    listView('hypervisors', view('hypervisor', { ...briefCells, servers: shown(serverShape, one => (one.servers.length > 0 ? serversOf(one) : undefined)) })),
      run:     async ({ params }) => ({ items: (await hypervisors.matching(params.hypervisor_id)).map(one => ({ ...one, withServers: true })) }),
    }),
  ]
}
