import { anything, either, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { since, until, view } from '../../versions.ts'
import { type Hypervisor, nameOf } from '../hypervisor.ts'

export interface Seen extends Hypervisor {
  readonly withServers: boolean
}
const shown = shows<Seen>()
const serversOf = ({ servers }: Hypervisor) => servers.map(({ id, name }) => ({ name, uuid: id }))
const serverShape = list(object({ uuid: text(), name: text() }))
// biome-ignore format: a table of fields
const namedCells = {
  id:    [shown(either(integer(), text()), ({ service }: Seen) => service.number), since('2.53', shown(text(), ({ service }: Seen) => service.id))],
  hypervisor_hostname: shown(text(), nameOf),
  state:  shown(text(), ({ isUp }) => (isUp ? 'up' : 'down')),
  status: shown(text(), ({ service }) => (service.isDisabled ? 'disabled' : 'enabled')),
}
// biome-ignore format: a table of fields
const serverCells = {
  // NOTE: until 2.74 a host without servers leaves the field out, even when it was asked for.
  servers: [{ from: '2.53', to: '2.74', what: shown(serverShape, (one: Seen) => (one.withServers && one.servers.length > 0 ? serversOf(one) : undefined)) },
            since('2.75', shown(serverShape, (one: Seen) => (one.withServers ? serversOf(one) : undefined)))],
}
export const briefView = view('hypervisor', { ...namedCells, ...serverCells })
/** With its servers, as the search by name showed it once. */
export const searchedView = view('hypervisor', {
  ...namedCells,
  servers: shown(serverShape, one => (one.servers.length > 0 ? serversOf(one) : undefined)),
})
export const uptimeView = view('hypervisor', { ...namedCells, uptime: shown(text(), ({ uptime }) => uptime ?? undefined) })

// biome-ignore format: a table of fields
export const hypervisorView = view('hypervisor', {
  ...namedCells,
  ...serverCells,
  service: [shown(object({ id: integer(), host: text(), disabled_reason: nullable(text()) }), ({ service: { number, host, disabledReason } }: Seen) =>
              ({ id: number, host, disabled_reason: disabledReason })),
            since('2.53', shown(object({ id: text(), host: text(), disabled_reason: nullable(text()) }), ({ service: { id, host, disabledReason } }: Seen) =>
              ({ id, host, disabled_reason: disabledReason })))],
  hypervisor_type:    shown(text(), ({ facts }) => facts.hypervisorType),
  hypervisor_version: shown(integer(), ({ facts }) => facts.hypervisorVersion),
  host_ip:            shown(text(), ({ facts }) => facts.hostIp),
  vcpus:              until('2.87', shown(integer(), ({ facts }) => facts.vcpus)),
  vcpus_used:         until('2.87', shown(integer(), ({ used }) => used.vcpus)),
  memory_mb:          until('2.87', shown(integer(), ({ facts }) => facts.memoryMb)),
  memory_mb_used:     until('2.87', shown(integer(), ({ used }) => used.memoryMb)),
  free_ram_mb:        until('2.87', shown(integer(), ({ facts, used }) => facts.memoryMb - used.memoryMb)),
  local_gb:           until('2.87', shown(integer(), ({ facts }) => facts.diskGb)),
  local_gb_used:      until('2.87', shown(integer(), ({ used }) => used.diskGb)),
  free_disk_gb:       until('2.87', shown(integer(), ({ facts, used }) => facts.diskGb - used.diskGb)),
  disk_available_least: until('2.87', shown(nullable(integer()), ({ facts }) => facts.diskAvailableLeastGb)),
  current_workload:   until('2.87', shown(integer(), ({ workload }) => workload)),
  running_vms:        until('2.87', shown(integer(), ({ used }) => used.servers)),
  cpu_info:           [until('2.27', shown(anything, (one: Seen) => JSON.stringify(one.facts.cpu))),
                       { from: '2.28', to: '2.87', what: shown(anything, (one: Seen) => one.facts.cpu) }],
  uptime:             since('2.88', shown(nullable(text()), ({ uptime }) => uptime ?? null)),
})

const totals = {
  count: () => 1,
  vcpus: ({ facts }) => facts.vcpus,
  vcpus_used: ({ used }) => used.vcpus,
  memory_mb: ({ facts }) => facts.memoryMb,
  memory_mb_used: ({ used }) => used.memoryMb,
  free_ram_mb: ({ facts, used }) => facts.memoryMb - used.memoryMb,
  local_gb: ({ facts }) => facts.diskGb,
  local_gb_used: ({ used }) => used.diskGb,
  free_disk_gb: ({ facts, used }) => facts.diskGb - used.diskGb,
  disk_available_least: ({ facts }) => facts.diskAvailableLeastGb,
  current_workload: ({ workload }) => workload,
  running_vms: ({ used }) => used.servers,
} satisfies Readonly<Record<string, (one: Hypervisor) => number>>

export const totalsView = view(
  'hypervisor_statistics',
  Object.fromEntries(
    Object.entries(totals).map(([name, of]) => [
      name,
      shows<readonly Hypervisor[]>()(integer(), all => all.reduce((total, one) => total + of(one), 0)),
    ]),
  ),
)
