import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, decimal, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { type Showing, shows, type View } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, query, since, until, view } from '../versions.ts'
import type { Found, TenantUsageLogic } from './logic.ts'
import type { ServerUsage, TenantUsage } from './tenant-usage.ts'

const mostServers = 1_000

interface Seen extends TenantUsage {
  readonly isDetailed: boolean
}
/** Six digits, no zone, as Nova writes them. */
const time = (moment: number) => new Date(moment).toISOString().replace('Z', '000')
const serverShape = object({
  ...{ instance_id: text(), name: text(), tenant_id: text(), flavor: text(), state: text() },
  ...{ hours: decimal(), memory_mb: integer(), local_gb: integer(), vcpus: integer(), uptime: integer() },
  ...{ started_at: nullable(text()), ended_at: nullable(text()) },
})
const serverOf = ({ id, name, projectId, flavor, state, hours, uptimeS, launchedAt, terminatedAt }: ServerUsage) => ({
  ...{ instance_id: id, name, tenant_id: projectId, flavor: flavor.name, state, hours, uptime: uptimeS },
  ...{ memory_mb: flavor.memoryMb, local_gb: flavor.diskGb + flavor.ephemeralGb, vcpus: flavor.vcpus },
  started_at: launchedAt === null ? null : time(launchedAt),
  ended_at: terminatedAt === null ? null : time(terminatedAt),
})

const shown = shows<Seen>()
// biome-ignore format: a table of fields
const usageView = view('tenant_usage', {
  tenant_id:             shown(text(), one => one.projectId),
  start:                 shown(text(), one => time(one.start)),
  stop:                  shown(text(), one => time(one.stop)),
  total_hours:           shown(decimal(), one => one.hours),
  total_vcpus_usage:     shown(decimal(), one => one.vcpuHours),
  total_memory_mb_usage: shown(decimal(), one => one.memoryMbHours),
  total_local_gb_usage:  shown(decimal(), one => one.diskGbHours),
  server_usages:         shown(list(serverShape), one => (one.isDetailed ? one.servers.map(serverOf) : undefined)),
})

interface Page extends Found {
  readonly isDetailed: boolean
}
const linksOf = ({ next }: Page, root: string, { self }: Showing) => {
  if (next === undefined) return {}
  const url = new URL(self)
  url.searchParams.set('marker', next)
  return { [`${root}_links`]: [{ rel: 'next', href: url.toString() }] }
}

const listView: View<Page> = {
  rungs: usageView.rungs,
  render: (page, showing) => ({
    tenant_usages: page.usages.map(one => usageView.bare({ ...one, isDetailed: page.isDetailed }, showing)),
    ...linksOf(page, 'tenant_usages', showing),
  }),
  schema: version => ({
    type: 'object',
    properties: { tenant_usages: { type: 'array', items: usageView.bareSchema(version) }, tenant_usages_links: anything.schema },
    required: ['tenant_usages'],
  }),
}

/** A project that used nothing has an empty usage. */
const oneView: View<Page> = {
  rungs: usageView.rungs,
  render: (page, showing) => ({
    tenant_usage: page.usages[0] ? usageView.bare({ ...page.usages[0], isDetailed: true }, showing) : {},
    ...linksOf(page, 'tenant_usage', showing),
  }),
  schema: version => ({
    type: 'object',
    properties: { tenant_usage: usageView.bareSchema(version), tenant_usage_links: anything.schema },
    required: ['tenant_usage'],
  }),
}

const span = { start: optional(text()), end: optional(text()) }
const paging = { limit: since('2.40', optional(integer({ min: 0 }))), marker: since('2.40', optional(text())) }
const keptOnce = { extra: until('2.74', 'keep' as const) }

interface SaidPage {
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}
/** Before 2.40 there are no pages: the first so many servers are all there is, whatever else was said. */
function pageOf({ limit = mostServers, marker }: SaidPage, version: string) {
  if (Number(version.split('.')[1]) < 40) return { limit: mostServers }
  if (marker === '') throw new Refusal('invalid', 'marker may not be empty')
  return { limit: Math.min(limit || mostServers, mostServers), marker }
}
const whole = (found: Found, version: string): Found => (Number(version.split('.')[1]) < 40 ? { ...found, next: undefined } : found)

// biome-ignore format: a table per route
export const tenantUsageApi = (usages: TenantUsageLogic) => [
  endpoint('GET /v2.1/os-simple-tenant-usage', {
    summary: 'Show what all projects used between two moments',
    policy:  'os_compute_api:os-simple-tenant-usage:list',
    query:   query({ ...span, ...paging, detailed: optional(text()) }, keptOnce),
    status:  200,
    view:    listView,
    async run({ query, version, door }) {
      // An empty project is none.
      if (new URL(door.url, 'http://cloud').pathname.endsWith('/')) throw new Refusal('not-found', 'The resource could not be found.')
      const found = await usages.list({ start: query.start, end: query.end, ...pageOf(query, version) })
      return { ...whole(found, version), isDetailed: query.detailed === '1' }
    },
  }),

  endpoint('GET /v2.1/os-simple-tenant-usage/{tenant_id}', {
    summary: 'Show what a project used between two moments',
    policy:  'os_compute_api:os-simple-tenant-usage:show',
    query:   query({ ...span, ...paging }, keptOnce),
    status:  200,
    target:  ({ params }) => ({ project_id: params.tenant_id }),
    view:    oneView,
    run:     async ({ params, query, version }) => ({
               ...whole(await usages.list({ projectId: params.tenant_id, start: query.start, end: query.end, ...pageOf(query, version) }), version),
               isDetailed: true }),
  }),
]
