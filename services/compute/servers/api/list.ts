import type { Asked as AskedOfDoor, May } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { integer, list, oneOf, text } from '@kilonova/platform/http/shape.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, listView, query, since, until, versions } from '../../versions.ts'
import type { ServerLogic } from '../logic.ts'
import type { ListWish } from '../logic/list.ts'
import { isSortKey, type Sort } from '../store/search.ts'
import { eyesOf, ofCaller } from './asked.ts'
import { type Asked, everybodys, filtersOf, laterFilters, isYes, yesOrNo } from './filters.ts'
import { briefView, wholeView } from './view.ts'

const maxLimit = 1000
/** Sorting by these was possible once, and is passed over. */
// biome-ignore format: a list
const passedOver = [
  'architecture', 'cell_name', 'cleaned', 'default_ephemeral_device', 'default_swap_device', 'deleted', 'deleted_at', 'disable_terminate', 'ephemeral_gb',
  'ephemeral_key_uuid', 'id', 'key_data', 'launched_on', 'locked', 'memory_mb', 'os_type', 'reservation_id', 'root_gb', 'shutdown_terminate', 'user_data', 'vcpus',
  'vm_mode',
] as const
/** Possible as well, but here nothing is sorted by them. */
const unsorted = ['kernel_id', 'ramdisk_id', 'instance_type_id'] as const
// biome-ignore format: a list
const sortable = [
  'access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', 'config_drive', 'created_at', 'display_description', 'display_name', 'host', 'hostname',
  'image_ref', 'key_name', 'launch_index', 'launched_at', 'locked_by', 'node', 'power_state', 'progress', 'project_id', 'root_device_name', 'task_state',
  'terminated_at', 'updated_at', 'user_id', 'uuid', 'vm_state',
] as const

const word = optional(text())
const moment = optional(text({ format: 'date-time' }))
// biome-ignore format: a list
const names = [
  'user_id', 'project_id', 'tenant_id', 'launch_index', 'image_ref', 'image', 'kernel_id', 'ramdisk_id', 'hostname', 'key_name', 'power_state', 'vm_state', 'task_state',
  'host', 'node', 'flavor', 'reservation_id', 'launched_at', 'terminated_at', 'availability_zone', 'name', 'display_name', 'description', 'display_description',
  'locked_by', 'uuid', 'root_device_name', 'config_drive', 'access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'progress', 'all_tenants', 'soft_deleted', 'deleted',
  'ip', 'ip6', 'created_at', 'block_device_mapping', 'services', 'metadata', 'system_metadata', 'info_cache', 'security_groups', 'pci_devices',
] as const
const cells = {
  ...(Object.fromEntries(names.map(name => [name, word])) as Readonly<Record<(typeof names)[number], typeof word>>),
  status: optional(list(text())),
  sort_key: [
    until('2.74', optional(list(oneOf(...sortable, ...unsorted, ...passedOver)))),
    since('2.75', optional(list(oneOf(...sortable, ...unsorted, 'locked')))),
  ],
  sort_dir: optional(list(oneOf('asc', 'desc'))),
  limit: optional(integer({ min: 0 })),
  marker: optional(text()),
  'changes-since': moment,
  'changes-before': since('2.66', moment),
  ...{ tags: since('2.26', word), 'tags-any': since('2.26', word), 'not-tags': since('2.26', word), 'not-tags-any': since('2.26', word) },
  locked: since('2.73', word),
}
const [loose, strict] = [query(cells), query(cells, { extra: 'refuse' })]
/** What is unknown is passed over until 2.74, and refused from then on. */
const listQuery: typeof loose = {
  rungs: [...loose.rungs, '2.75'],
  schema: version => (versions.rank(version) < versions.rank('2.75') ? loose : strict).schema(version),
}
type Wished = NonNullable<(typeof listQuery)['type']>

interface Context {
  readonly caller: Caller
  readonly query: Wished
  readonly may: May
  readonly at: AskedOfDoor['at']
}

// biome-ignore format: a table per route
export const serverListApi = (servers: ServerLogic) => {
  const page = async (asked: Context, ofAll: string) => {
    const limit = Math.min(asked.query.limit ?? maxLimit, maxLimit)
    const wish = wishOf(asked, ofAll, limit + 1)
    const found = wish === undefined ? [] : await servers.list(wish)
    const items = await servers.presentAll(found.slice(0, limit), eyesOf(asked.may, ofCaller(asked)))
    return { items, next: found.length > limit ? items.at(-1)?.server.id : undefined }
  }
  return [
    endpoint('GET /v2.1/servers', {
      summary: 'List the servers of a project',
      policy:  'os_compute_api:servers:index',
      query:   listQuery,
      status:  200,
      target:  ofCaller,
      view:    listView('servers', briefView),
      run:     asked => page(asked, 'os_compute_api:servers:index:get_all_tenants'),
    }),

    endpoint('GET /v2.1/servers/detail', {
      summary: 'List the servers of a project with all they say',
      policy:  'os_compute_api:servers:detail',
      query:   listQuery,
      status:  200,
      target:  ofCaller,
      view:    listView('servers', wholeView),
      run:     asked => page(asked, 'os_compute_api:servers:detail:get_all_tenants'),
    }),
  ]
}

/** What is asked for, as the logic knows it; nothing when no server can be meant. */
function wishOf({ caller, query, may, at }: Context, ofAll: string, limit: number): ListWish | undefined {
  const isOperator = may('os_compute_api:servers:allow_all_filters')
  const open = new Set(everybodys.flatMap(([from, some]) => (at(since(from as '2.1', true)) ? some : [])))
  const later = new Set(laterFilters.flatMap(([from, some]) => (at(since(from as '2.1', true)) ? [] : some)))
  const isAllowed = (name: string) => (isOperator ? !later.has(name) : open.has(name))
  const filters = filtersOf(query as Asked, isAllowed)
  if (filters.states?.length === 0) {
    if (at(since('2.38', true))) throw new Refusal('invalid', 'Invalid status value')
    return undefined
  }
  const isForAll = all(query.all_tenants)
  if (isForAll && !may(ofAll)) throw new Refusal('forbidden', `Policy doesn't allow ${ofAll} to be performed.`)
  const times = timesOf(isAllowed('changes-before') ? query : { ...query, 'changes-before': undefined })
  const deleted = deletedOf(query, {
    isOperator: may('context_is_admin'),
    isAllowed,
    hasTimes: Object.values(times).some(Boolean),
    states: filters.states,
  })
  return {
    ...filters,
    ...times,
    exact: filters.exact,
    projectId: isForAll ? (query.project_id ?? query.tenant_id) : (caller.projectId ?? ''),
    deleted,
    hidesSoftDeleted: !(isAllowed('soft_deleted') && isYes(query.soft_deleted ?? (deleted === 'only' ? 'yes' : 'no'))),
    sorts: sortsOf(query, may('context_is_admin'), at(since('2.73', true)) ?? false),
    limit,
    marker: query.marker,
  }
}

/** The parameter alone, without a value, means yes. */
const all = (said: string | undefined): boolean => said !== undefined && (said === '' || yesOrNo('all_tenants', said))

function timesOf({ 'changes-since': changesSince, 'changes-before': changesBefore }: Wished) {
  const iso = (text: string | undefined) =>
    text === undefined ? undefined : new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`).toISOString()
  const [changedSince, changedBefore] = [iso(changesSince), iso(changesBefore)]
  if (changedSince !== undefined && changedBefore !== undefined && changedBefore < changedSince)
    throw new Refusal('invalid', 'The value of changes-since must be less than or equal to changes-before.')
  return { changedSince, changedBefore }
}

interface AboutDeleted {
  readonly isOperator: boolean
  readonly isAllowed: (name: string) => boolean
  readonly hasTimes: boolean
  readonly states: ListWish['states']
}

/** Who asks for what changed hears of what is gone, too. */
function deletedOf({ deleted }: Wished, { isOperator, isAllowed, hasTimes, states }: AboutDeleted): ListWish['deleted'] {
  if (states?.every(({ vmState }) => vmState === 'deleted')) {
    if (!isOperator) throw new Refusal('forbidden', 'Only administrators may list deleted instances')
    return 'only'
  }
  if (deleted !== undefined && isAllowed('deleted')) return isYes(deleted) ? 'only' : 'without'
  return hasTimes ? 'with' : 'without'
}

/** In the end the newest, or with the first key the other way round, the oldest come first: so the order is whole. */
function sortsOf(
  { sort_key: keys = ['created_at'], sort_dir: ways = [] }: Wished,
  isAdmin: boolean,
  sortsByLock: boolean,
): readonly Sort[] {
  const foreign = keys.find(key => ['host', 'node'].includes(key))
  if (foreign && !isAdmin) throw new Refusal('forbidden', `Only administrators can sort servers by ${foreign}`)
  const isDescending = (ways[0] ?? 'desc') === 'desc'
  const asked = keys.flatMap((key, nth): readonly Sort[] =>
    isSortKey(key) && (key !== 'locked' || sortsByLock) ? [{ key, isDescending: (ways[nth] ?? ways[0] ?? 'desc') === 'desc' }] : [],
  )
  const known = new Set(asked.map(({ key }) => key))
  const last = (['created_at', 'number'] as const).filter(key => !known.has(key)).map(key => ({ key, isDescending }))
  return [...asked, ...last]
}
