import { optional } from '@kilonova/platform/http/fields.ts'
import { flag, integer, text } from '@kilonova/platform/http/shape.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Varying } from '@kilonova/platform/ladder.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, listView, query, since } from '../../versions.ts'
import type { Hypervisor } from '../hypervisor.ts'
import type { HypervisorLogic } from '../logic.ts'
import { briefView, hypervisorView, searchedView, totalsView, uptimeView } from './views.ts'

// biome-ignore format: a table of fields
const listQuery = query({
  hypervisor_hostname_pattern: since('2.53', optional(text())),
  with_servers: since('2.53', optional(flag)),
  limit:  since('2.33', optional(integer({ min: 0 }))),
  marker: since('2.33', optional(text())),
})
interface Asked {
  readonly query: {
    hypervisor_hostname_pattern?: string | undefined
    with_servers?: boolean | undefined
    limit?: number | undefined
    marker?: string | undefined
  }
  readonly cause: Cause
  at<T>(varying: Varying<T>): T | undefined
}
const withUuids = since('2.53', true)
const uuidForm = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i
const most = 1000

/** The fields of one column have one type of id: the one its version shows. */
// biome-ignore format: a table per route
export const hypervisorApi = (hypervisors: HypervisorLogic) => {
  const page = async (asked: Asked, withUptime = false) => {
    const { hypervisor_hostname_pattern: pattern, with_servers: withServers = false, limit, marker } = asked.query
    if (pattern !== undefined && (marker !== undefined || limit !== undefined))
      throw new Refusal('invalid', 'Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.')
    const all = await hypervisors.list({ pattern, withUptime }, asked.cause)
    const idOf = ({ service }: Hypervisor) => (asked.at(withUuids) ? service.id : String(service.number))
    const after = marker === undefined ? -1 : all.findIndex(one => idOf(one) === marker)
    if (marker !== undefined && after < 0) throw new Refusal('invalid', `marker [${marker}] not found`)
    const end = after + 1 + Math.min(limit || most, most)
    const items = all.slice(after + 1, end).map(one => ({ ...one, withServers }))
    const last = items.at(-1)
    return { items, next: end < all.length && last ? idOf(last) : undefined }
  }
  const one = async ({ params, at }: { params: { hypervisor_id: string }; at: Asked['at'] }) => {
    const id = params.hypervisor_id
    if (at(withUuids)) {
      if (!uuidForm.test(id)) throw new Refusal('invalid', `Invalid uuid ${id}`)
    } else if (!/^\d+$/.test(id)) throw new Refusal('not-found', `Hypervisor with ID '${id}' could not be found.`)
    return hypervisors.get(id)
  }
  const rule = (word: string) => `os_compute_api:os-hypervisors:${word}`
  const bare = (found: Hypervisor) => ({ ...found, withServers: false })
  return [
    endpoint('GET /v2.1/os-hypervisors', {
      summary: 'List the hosts that run servers',
      policy:  rule('list'),
      query:   listQuery,
      status:  200,
      view:    listView('hypervisors', briefView),
      run:     asked => page(asked),
    }),

    endpoint('GET /v2.1/os-hypervisors/detail', {
      summary: 'List the hosts that run servers with all they say',
      policy:  rule('list-detail'),
      query:   listQuery,
      status:  200,
      view:    listView('hypervisors', hypervisorView),
      run:     asked => page(asked, asked.at(since('2.88', true))),
    }),

    endpoint('GET /v2.1/os-hypervisors/statistics', {
      summary: 'What all hosts have together',
      policy:  rule('statistics'),
      until:   '2.87',
      status:  200,
      view:    totalsView,
      run:     () => hypervisors.list(),
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}', {
      summary: 'Show a host that runs servers',
      policy:  rule('show'),
      query:   query({ with_servers: since('2.53', optional(flag)) }),
      status:  200,
      view:    hypervisorView,
      async run({ params, query, at, cause }) {
        const found = await one({ params, at })
        const told = at(since('2.88', true)) ? await hypervisors.withUptime(found, cause) : found
        return { ...told, withServers: query.with_servers ?? false }
      },
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}/uptime', {
      summary: 'How long a host has been up',
      policy:  rule('uptime'),
      until:   '2.87',
      status:  200,
      view:    uptimeView,
      async run({ params, at, cause }) {
        const found = await one({ params, at })
        return { ...bare(found), uptime: await hypervisors.uptime(found, cause) }
      },
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}/search', {
      summary: 'Find hosts by a part of their name',
      policy:  rule('search'),
      until:   '2.52',
      status:  200,
      view:    listView('hypervisors', briefView),
      run:     async ({ params }) => ({ items: (await hypervisors.list({ pattern: params.hypervisor_id })).map(bare) }),
    }),

    endpoint('GET /v2.1/os-hypervisors/{hypervisor_id}/servers', {
      summary: 'Find hosts by a part of their name, with their servers',
      policy:  rule('servers'),
      until:   '2.52',
      status:  200,
      view:    listView('hypervisors', searchedView),
      run:     async ({ params }) => ({ items: (await hypervisors.list({ pattern: params.hypervisor_id })).map(bare) }),
    }),
  ]
}
