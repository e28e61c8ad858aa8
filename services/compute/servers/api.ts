import { guestName } from '@kilonova/hypervisor/contract/guest.ts'
import { answer, type May } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, dictionary, either, integer, list, name, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, listView, query, since, view } from '../versions.ts'
import type { ServerLogic } from './logic.ts'
import type { Server } from './server.ts'
import { powerNumber, progressOf, statusOf } from './states.ts'

// biome-ignore format: a table of fields
const createBody = body('server', {
  name:        required(name),
  imageRef:    required(text()),
  flavorRef:   required(either(text(), integer())),
  metadata:    optional(dictionary(text({ max: 255 }), { key: '^.{1,255}$' })),
  networks:    optional(oneOf('none', 'auto')),
  description: since('2.19', optional(nullable(text({ max: 255 })))),
  min_count:   optional(either(oneOf(1), oneOf('1'))),
  max_count:   optional(either(oneOf(1), oneOf('1'))),
})
const updateBody = body('server', {
  name: optional(name),
  description: since('2.19', optional(nullable(text({ max: 255 })))),
})
const consoleBody = body('os-getConsoleOutput', { length: optional(nullable(integer({ min: -1 }))) })

/** A server with whether the one who asks may see what only operators see. */
interface Seen {
  readonly server: Server
  readonly isOperator: boolean
}

const shown = shows<Seen>()
const link = list(object({ rel: text(), href: text() }))
const flavorDetail = object({
  vcpus: integer(),
  ram: integer(),
  disk: integer(),
  ephemeral: integer(),
  swap: integer(),
  original_name: text(),
  extra_specs: anything,
})
const seconds = (iso: string) => iso.replace(/\.\d+Z$/, 'Z')
const operator =
  <T>(of: (server: Server) => T) =>
  ({ server, isOperator }: Seen): T | undefined =>
    isOperator ? of(server) : undefined
const links = shown(link, ({ server }, { base }) => [
  { rel: 'self', href: `${base}/v2.1/servers/${server.id}` },
  { rel: 'bookmark', href: `${base}/servers/${server.id}` },
])

const briefView = view('server', { id: shown(text(), ({ server }) => server.id), name: shown(text(), ({ server }) => server.name), links })

// biome-ignore format: a table of fields
const serverView = view('server', {
  id:          shown(text(), ({ server }) => server.id),
  name:        shown(text(), ({ server }) => server.name),
  status:      shown(text(), ({ server }) => statusOf(server.vmState)),
  tenant_id:   shown(text(), ({ server }) => server.projectId),
  user_id:     shown(text(), ({ server }) => server.userId),
  metadata:    shown(dictionary(text()), ({ server }) => server.metadata),
  hostId:      shown(text(), ({ server }) => server.host ?? ''),
  image:       shown(object({ id: text(), links: link }), ({ server }, { base }) =>
                 ({ id: server.imageId, links: [{ rel: 'bookmark', href: `${base}/images/${server.imageId}` }] })),
  flavor: [
    shown(anything, ({ server }, { base }) => ({ id: server.flavor.id, links: [{ rel: 'bookmark', href: `${base}/flavors/${server.flavor.id}` }] })),
    since('2.47', shown(flavorDetail, ({ server: { flavor } }) => ({
      vcpus: flavor.vcpus, ram: flavor.memoryMb, disk: flavor.diskGb, ephemeral: flavor.ephemeralGb, swap: flavor.swapMb,
      original_name: flavor.name, extra_specs: flavor.extraSpecs ?? {} }))),
  ],
  created:     shown(text(), ({ server }) => seconds(server.createdAt)),
  updated:     shown(text(), ({ server }) => seconds(server.updatedAt)),
  addresses:   shown(dictionary(anything), () => ({})),
  accessIPv4:  shown(text(), () => ''),
  accessIPv6:  shown(text(), () => ''),
  links,
  'OS-DCF:diskConfig': shown(text(), () => 'MANUAL'),
  progress:    shown(integer(), ({ server }) => (server.vmState === 'error' ? undefined : progressOf(server.vmState))),
  'OS-EXT-AZ:availability_zone': shown(text(), ({ server }) => (server.host === null ? '' : 'nova')),
  config_drive: shown(text(), () => ''),
  key_name:    shown(nullable(text()), () => null),
  'OS-SRV-USG:launched_at':   shown(nullable(text()), ({ server }) => server.launchedAt?.replace('Z', '000') ?? null),
  'OS-SRV-USG:terminated_at': shown(nullable(text()), ({ server }) => server.terminatedAt?.replace('Z', '000') ?? null),
  'OS-EXT-STS:task_state':    shown(nullable(text()), ({ server }) => server.taskState),
  'OS-EXT-STS:vm_state':      shown(text(), ({ server }) => server.vmState),
  'OS-EXT-STS:power_state':   shown(integer(), ({ server }) => powerNumber(server.powerState)),
  'os-extended-volumes:volumes_attached': shown(list(anything), () => []),
  'OS-EXT-SRV-ATTR:host':                 shown(nullable(text()), operator(server => server.host)),
  'OS-EXT-SRV-ATTR:hypervisor_hostname':  shown(nullable(text()), operator(server => server.host)),
  'OS-EXT-SRV-ATTR:instance_name':        shown(text(), operator(server => guestName(server.number))),
  'OS-EXT-SRV-ATTR:hostname':             since('2.3', shown(text(), operator(server => server.name))),
  'OS-EXT-SRV-ATTR:launch_index':         since('2.3', shown(integer(), operator(() => 0))),
  'OS-EXT-SRV-ATTR:root_device_name':     since('2.3', shown(text(), operator(() => '/dev/vda'))),
  locked:      since('2.9', shown(anything, () => false)),
  description: since('2.19', shown(nullable(text()), ({ server }) => server.description)),
  fault:       shown(anything, ({ server, isOperator }) => server.fault === null || server.vmState !== 'error' ? undefined : {
                 code: server.fault.code, created: seconds(server.fault.createdAt), message: server.fault.message,
                 ...(isOperator ? { details: server.fault.details } : {}) }),
})

const maxLimit = 1000
const listQuery = query({ limit: optional(integer({ min: 0 })), marker: optional(text()), all_tenants: optional(text()) })
type ListWish = { readonly limit?: number | undefined; readonly marker?: string | undefined; readonly all_tenants?: string | undefined }
const ofCaller = ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId })
const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })

// biome-ignore format: a table per route
export const serverApi = (servers: ServerLogic) => {
  const page = async (caller: Caller, query: ListWish, may: May, all: string) => {
    const limit = Math.min(query.limit || maxLimit, maxLimit)
    const isForAll = ['1', 'true', 'yes', 'on', 't', 'y', ''].includes(query.all_tenants?.toLowerCase() ?? '0')
    if (isForAll && !may(all)) throw new Refusal('forbidden', `Policy doesn't allow ${all} to be performed.`)
    const isOperator = may('os_compute_api:os-extended-server-attributes')
    const found = await servers.list({ projectId: isForAll ? undefined : caller.projectId ?? '', limit: limit + 1, marker: query.marker })
    const items = found.slice(0, limit).map(server => ({ server, isOperator }))
    return { items, next: found.length > limit ? items.at(-1)?.server.id : undefined }
  }
  return [
    endpoint('POST /v2.1/servers', {
      summary: 'Boot a server',
      policy:  'os_compute_api:servers:create',
      body:    createBody,
      status:  202,
      target:  ofCaller,
      view:    view('server', { id: shows<Server>()(text(), server => server.id), adminPass: shows<Server>()(text(), () => undefined),
                 links: shows<Server>()(link, (server, { base }) => [
                   { rel: 'self', href: `${base}/v2.1/servers/${server.id}` }, { rel: 'bookmark', href: `${base}/servers/${server.id}` }]),
                 'OS-DCF:diskConfig': shows<Server>()(text(), () => 'MANUAL') }),
      async run({ body, caller, cause, base }) {
        if (body.networks === 'auto') throw new Refusal('not-built', 'There is no network service yet: boot with networks "none".')
        const server = await servers.create({
          name: body.name, description: body.description ?? null, imageId: body.imageRef, flavorId: String(body.flavorRef),
          metadata: body.metadata ?? {}, projectId: caller.projectId ?? '', userId: caller.userId ?? '', caller }, cause)
        return answer(server, { headers: { location: `${base}/v2.1/servers/${server.id}` } })
      },
    }),

    endpoint('GET /v2.1/servers', {
      summary: 'List the servers of a project',
      policy:  'os_compute_api:servers:index',
      query:   listQuery,
      status:  200,
      target:  ofCaller,
      view:    listView('servers', briefView),
      run:     ({ caller, query, may }) => page(caller, query, may, 'os_compute_api:servers:index:get_all_tenants'),
    }),

    endpoint('GET /v2.1/servers/detail', {
      summary: 'List the servers of a project with all they say',
      policy:  'os_compute_api:servers:detail',
      query:   listQuery,
      status:  200,
      target:  ofCaller,
      view:    listView('servers', serverView),
      run:     ({ caller, query, may }) => page(caller, query, may, 'os_compute_api:servers:detail:get_all_tenants'),
    }),

    endpoint('GET /v2.1/servers/{server_id}', {
      summary: 'Show a server',
      policy:  'os_compute_api:servers:show',
      status:  200,
      about:   ({ params }) => servers.get(params.server_id),
      target:  ofServer,
      view:    serverView,
      run:     ({ about, may }) => ({ server: about, isOperator: may('os_compute_api:os-extended-server-attributes') }),
    }),

    endpoint('PUT /v2.1/servers/{server_id}', {
      summary: 'Rename or describe a server',
      policy:  'os_compute_api:servers:update',
      body:    updateBody,
      status:  200,
      about:   ({ params }) => servers.get(params.server_id),
      target:  ofServer,
      view:    serverView,
      run:     async ({ about, body, cause, may }) => {
        const changed = { ...(body.name === undefined ? {} : { name: body.name }), ...(body.description === undefined ? {} : { description: body.description }) }
        return { server: await servers.update(about.id, changed, cause), isOperator: may('os_compute_api:os-extended-server-attributes') }
      },
    }),

    endpoint('DELETE /v2.1/servers/{server_id}', {
      summary: 'Delete a server',
      policy:  'os_compute_api:servers:delete',
      status:  204,
      about:   ({ params }) => servers.get(params.server_id),
      target:  ofServer,
      run:     ({ about, cause }) => servers.delete(about.id, cause),
    }),

    endpoint('POST /v2.1/servers/{server_id}/action', {
      summary: 'Show what a server has written to its console',
      policy:  'os_compute_api:os-console-output',
      action:  'os-getConsoleOutput',
      body:    consoleBody,
      status:  200,
      about:   ({ params }) => servers.get(params.server_id),
      target:  ofServer,
      view:    view(null, { output: shows<string>()(text(), output => output) }),
      run:     ({ about, body, cause }) => servers.consoleLog(about, body.length == null || body.length < 0 ? undefined : body.length, cause),
    }),
  ]
}
