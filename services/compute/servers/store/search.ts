import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import { type Given, kept } from '@kilonova/platform/sql/kept.ts'
import { containing } from '@kilonova/platform/sql/columns.ts'
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Tables } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { statesOf } from '../states.ts'
import { toServer } from './rows.ts'

/** Which servers are meant, as far as a database can tell. */
export interface Search {
  /** Absent: of every project. */
  readonly projectId?: string | undefined
  /** Columns whose value is one of these. */
  readonly exact: Readonly<Partial<Record<ExactColumn, readonly string[]>>>
  /** Any of these statuses' states. */
  readonly states?: ReturnType<typeof statesOf> | undefined
  readonly flavorId?: string | undefined
  readonly isLocked?: boolean | undefined
  readonly deleted: 'only' | 'without' | 'with'
  /** Those that may still be brought back count as deleted, unless a state is asked for. */
  readonly hidesSoftDeleted: boolean
  readonly tags: TagSearch
  /** ISO 8601 in UTC. */
  readonly changedSince?: string | undefined
  readonly changedBefore?: string | undefined
  readonly sorts: readonly Sort[]
}

export type ExactColumn =
  | 'id'
  | 'user_id'
  | 'image_id'
  | 'vm_state'
  | 'task_state'
  | 'host'
  | 'reservation_id'
  | 'key_name'
  | 'availability_zone'

export interface TagSearch {
  readonly all?: readonly string[] | undefined
  readonly any?: readonly string[] | undefined
  readonly notAll?: readonly string[] | undefined
  readonly notAny?: readonly string[] | undefined
}

export interface Sort {
  readonly key: SortKey
  readonly isDescending: boolean
}

// biome-ignore format: a table: the wire's key, the column, what a server has there; null where a database sorts nothing in front of everything
const sortKeys = {
  access_ip_v4:        ['access_ip_v4', (s: Server) => s.accessIpV4 ?? '', true],
  access_ip_v6:        ['access_ip_v6', (s: Server) => s.accessIpV6 ?? '', true],
  auto_disk_config:    ['disk_config', (s: Server) => s.diskConfig, false],
  availability_zone:   ['availability_zone', (s: Server) => s.availabilityZone ?? '', true],
  created_at:          ['created_at', (s: Server) => s.createdAt, false],
  display_description: ['description', (s: Server) => s.description ?? '', true],
  display_name:        ['name', (s: Server) => s.name, false],
  host:                ['host', (s: Server) => s.host ?? '', true],
  hostname:            ['hostname', (s: Server) => s.hostname, false],
  image_ref:           ['image_id', (s: Server) => s.imageId, false],
  key_name:            ['key_name', (s: Server) => s.keyName ?? '', true],
  launch_index:        ['launch_index', (s: Server) => s.launchIndex, false],
  launched_at:         ['launched_at', (s: Server) => s.launchedAt ?? '', true],
  locked:              ['locked_by', (s: Server) => s.lockedBy ?? '', true],
  locked_by:           ['locked_by', (s: Server) => s.lockedBy ?? '', true],
  node:                ['node', (s: Server) => s.node ?? '', true],
  power_state:         ['power_state', (s: Server) => s.powerState, false],
  progress:            ['progress', (s: Server) => s.progress, false],
  project_id:          ['project_id', (s: Server) => s.projectId, false],
  root_device_name:    ['root_device', (s: Server) => s.rootDevice ?? '', true],
  task_state:          ['task_state', (s: Server) => s.taskState ?? '', true],
  terminated_at:       ['terminated_at', (s: Server) => s.terminatedAt ?? '', true],
  updated_at:          ['updated_at', (s: Server) => s.updatedAt, false],
  user_id:             ['user_id', (s: Server) => s.userId, false],
  uuid:                ['id', (s: Server) => s.id, false],
  vm_state:            ['vm_state', (s: Server) => s.vmState, false],
  number:              ['number', (s: Server) => s.number, false],
} as const
export type SortKey = keyof typeof sortKeys
export const isSortKey = (key: string): key is SortKey => Object.hasOwn(sortKeys, key)

type Builder = ExpressionBuilder<Tables, 'instance'>
type Condition = Expression<SqlBool>

/** Servers of one cell by what is asked of them: one statement a page, whatever is asked. */
export const searchStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** The `limit` servers behind `after`. */
  async search(search: Search, limit: number, after?: Server): Promise<readonly Server[]> {
    const { projectId } = search
    if (projectId !== undefined && after === undefined && isUsual(search)) return (await usual(read, { projectId, limit })).map(toServer)
    let rows = read
      .selectFrom('instance')
      .selectAll()
      .where(eb => eb.and([...conditions(eb, search), ...(after ? [behind(eb, search.sorts, after)] : [])]))
    for (const { key, isDescending } of search.sorts) rows = rows.orderBy(eb => sortedBy(eb, key), isDescending ? 'desc' : 'asc')
    return (await rows.limit(limit).execute()).map(toServer)
  },
})

/** Nothing but the servers of a project, the newest first: what is asked for nearly always. */
const usual = kept((rows: Reader<Tables>, given: Given<{ projectId: string; limit: number }>) =>
  rows
    .selectFrom('instance')
    .selectAll()
    .where('project_id', '=', given('projectId'))
    .where('deleted', '=', 0)
    .where('vm_state', '!=', 'soft-delete')
    .orderBy('created_at', 'desc')
    .orderBy('number', 'desc')
    .limit(given('limit')),
)

function isUsual({ projectId: _, exact, deleted, hidesSoftDeleted, tags, sorts, ...rest }: Search): boolean {
  const isWhole = [exact, tags, rest].every(one => Object.values(one).every(value => value === undefined))
  const isNewest =
    sorts.length === 2 && sorts[0]?.key === 'created_at' && sorts[1]?.key === 'number' && sorts.every(one => one.isDescending)
  return isWhole && isNewest && deleted === 'without' && hidesSoftDeleted
}

/** How two servers stand to each other in this order. */
export const inOrder =
  (sorts: readonly Sort[]) =>
  (a: Server, b: Server): number => {
    for (const { key, isDescending } of sorts) {
      const [x, y] = [sortKeys[key][1](a), sortKeys[key][1](b)]
      if (x !== y) return x < y === isDescending ? 1 : -1
    }
    return 0
  }

const sortedBy = (eb: Builder, key: SortKey) => {
  const [column, , isNullable] = sortKeys[key]
  return isNullable ? eb.fn.coalesce(column, eb.val('')) : eb.ref(column)
}

/** Behind it by the first key, or equal there and behind by the next, and so on. */
const behind = (eb: Builder, sorts: readonly Sort[], after: Server): Condition =>
  eb.or(
    sorts.map((sort, nth) =>
      eb.and([
        ...sorts.slice(0, nth).map(({ key }) => eb(sortedBy(eb, key), '=', sortKeys[key][1](after))),
        eb(sortedBy(eb, sort.key), sort.isDescending ? '<' : '>', sortKeys[sort.key][1](after)),
      ]),
    ),
  )

function conditions(eb: Builder, search: Search): readonly Condition[] {
  const { projectId, exact, states, flavorId, isLocked, deleted, changedSince, changedBefore } = search
  const all: Condition[] = []
  if (projectId !== undefined) all.push(eb('project_id', '=', projectId))
  const soft = eb('vm_state', '=', 'soft-delete')
  if (deleted === 'only') all.push(search.hidesSoftDeleted ? eb('deleted', '=', 1) : eb.or([eb('deleted', '=', 1), soft]))
  if (deleted === 'without') all.push(eb('deleted', '=', 0))
  if (deleted === 'without' && search.hidesSoftDeleted && !states && !exact.vm_state) all.push(eb.not(soft))
  for (const [column, values = []] of Object.entries(exact)) all.push(eb(column as ExactColumn, 'in', [...values]))
  if (states) all.push(eb.or(states.map(state => inState(eb, state))))
  // A flavor is kept as JSON that begins with its id.
  if (flavorId !== undefined) all.push(has('flavor', JSON.stringify({ id: flavorId }).slice(0, -1)))
  if (isLocked !== undefined) all.push(eb('locked_by', isLocked ? 'is not' : 'is', null))
  if (changedSince !== undefined) all.push(eb('updated_at', '>=', changedSince))
  if (changedBefore !== undefined) all.push(eb('updated_at', '<=', changedBefore))
  return [...all, ...tagged(eb, search.tags)]
}

/** What a status means: a state, and what is being done or not being done in it. */
function inState(eb: Builder, { vmState, taskStates, isPlain }: ReturnType<typeof statesOf>[number]): Condition {
  const inIt = eb('vm_state', '=', vmState)
  if (taskStates.length === 0) return inIt
  const during = isPlain
    ? eb.or([eb('task_state', 'is', null), eb('task_state', 'not in', [...taskStates])])
    : eb('task_state', 'in', [...taskStates])
  return eb.and([inIt, during])
}

/** Tags are kept as `,one,two,`: no tag has a comma. */
function tagged(eb: Builder, { all = [], any, notAll, notAny }: TagSearch): readonly Condition[] {
  const carries = (tag: string) => has('tags', `,${tag},`)
  return [
    ...all.map(carries),
    ...(any ? [eb.or(any.map(carries))] : []),
    ...(notAll ? [eb.not(eb.and(notAll.map(carries)))] : []),
    ...(notAny ? [eb.not(eb.or(notAny.map(carries)))] : []),
  ]
}

const has = (column: 'tags' | 'flavor', text: string) => sql<SqlBool>`${sql.ref(column)} like ${containing(text)} escape '!'`
