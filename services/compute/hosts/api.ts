import { optional } from '@kilonova/platform/http/fields.ts'
import { integer, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { HypervisorLogic } from '../hypervisors/logic.ts'
import type { Hypervisor } from '../hypervisors/hypervisor.ts'
import type { ZoneLogic } from '../availability-zones/logic.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import { resourcesOf, type Resource } from './host.ts'

interface Listed {
  readonly host: string
  readonly binary: string
  readonly zone: string
}
const shown = shows<Listed>()
const hostView = view('host', {
  host_name: shown(text(), one => one.host),
  service: shown(text(), one => one.binary.replace(/^nova-/, '')),
  zone: shown(text(), one => one.zone),
})
const resourceShape = object({ host: text(), project: text(), cpu: integer(), memory_mb: integer(), disk_gb: integer() })
const resourceView = view(null, { resource: shows<Resource>()(resourceShape, one => one) })

const onOff = optional(oneOf('enable', 'disable', 'Enable', 'Disable', 'ENABLE', 'DISABLE'))
const upTo = { until: '2.42', status: 200 } as const

export interface HostRooms {
  readonly zones: Pick<ZoneLogic, 'list'>
  readonly hypervisors: Pick<HypervisorLogic, 'list'>
}

/** Hosts as they were asked for before hypervisors had their own place. No driver here switches machines. */
// biome-ignore format: a table per route
export const hostApi = ({ zones, hypervisors }: HostRooms) => {
  const ofHost = async (name: string): Promise<Hypervisor> => {
    const found = (await hypervisors.list()).find(({ service }) => service.host === name)
    if (!found) throw new Refusal('not-found', `Compute host ${name} could not be found.`)
    return found
  }
  const cannot = async (name: string): Promise<never> => {
    await ofHost(name)
    throw new Refusal('not-built', 'The requested functionality is not supported.')
  }
  return [
    endpoint('GET /v2.1/os-hosts', {
      ...upTo,
      summary: 'List the hosts of the processes of compute',
      policy:  'os_compute_api:os-hosts:list',
      query:   query({ zone: optional(text()) }),
      view:    listView('hosts', hostView),
      async run({ query: { zone } }) {
        const all = (await zones.list(true)).flatMap(({ name, members }) => members.map(({ service }) => ({ ...service, zone: name })))
        return { items: all.filter(one => !one.isDisabled && (zone === undefined || zone === '' || one.zone === zone)) }
      },
    }),

    endpoint('GET /v2.1/os-hosts/{host_name}', {
      ...upTo,
      summary: 'Show what a host has, and who uses it',
      policy:  'os_compute_api:os-hosts:show',
      view:    listView('host', resourceView),
      run:     async ({ params }) => ({ items: resourcesOf(await ofHost(params.host_name)) }),
    }),

    endpoint('PUT /v2.1/os-hosts/{host_name}', {
      ...upTo,
      summary: 'Switch a host on or off',
      policy:  'os_compute_api:os-hosts:update',
      body:    body(null, { status: onOff, maintenance_mode: onOff }),
      run:     ({ params }) => cannot(params.host_name),
    }),

    ...([['reboot', 'reboot', 'Reboot a host'], ['shutdown', 'shutdown', 'Shut a host down'], ['startup', 'start', 'Start a host']] as const).map(([word, rule, summary]) =>
      endpoint(`GET /v2.1/os-hosts/{host_name}/${word}`, {
        ...upTo,
        summary,
        policy: `os_compute_api:os-hosts:${rule}`,
        run:    ({ params }) => cannot((params as { host_name: string }).host_name),
      })),
  ]
}
