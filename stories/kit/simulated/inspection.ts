import { computeChecks } from '@kilonova/compute/main.ts'
import { openPlacementRoom } from '@kilonova/placement/main.ts'
import type { LoggedChange } from '@kilonova/platform/changes/change.ts'
import type { SimulatedDatabases } from './cloud.ts'
import type { Lived } from './life.ts'

export interface Inspected {
  /** What is not as it should be, each in a sentence; nothing in a world that came through. */
  readonly wrongs: readonly string[]
  readonly sums: { readonly servers: number; readonly failed: number; readonly changes: number; readonly longestS: number }
}

/** Looks at all that is left of a world. */
export async function inspect(lived: Lived): Promise<Inspected> {
  const { cell1, cell0 } = lived.databases
  const rows = [...(await serversIn(cell1)), ...(await serversIn(cell0))]
  const log = await logOf(cell1)
  const changes = [...log, ...(await logOf(cell0))].filter(({ kind }) => kind === 'compute.server')
  const byServer = Map.groupBy(changes, ({ id }) => id)
  const wrongs = [
    ...(await findings(lived)),
    ...promises(lived, rows),
    ...(await groupsApart(lived, rows)),
    ...faults(rows),
    ...remains(lived, rows),
    ...(await openEvents(lived)),
    ...log.flatMap(({ offset }, at) => (offset === at + 1 ? [] : [`the change log has ${offset} where ${at + 1} should be`])),
    ...rows.flatMap(row => stories(row, byServer.get(row.id) ?? [])),
    ...endings(log),
  ]
  const longestS = Math.round(Math.max(0, ...[...byServer.values()].map(longestWay)) / 1000)
  const failed = rows.filter(({ vm_state }) => vm_state === 'error').length
  return { wrongs, sums: { servers: rows.length, failed, changes: log.length, longestS } }
}

type Cell = SimulatedDatabases['cell1']
type Row = Awaited<ReturnType<typeof serversIn>>[number]

const serversIn = ({ read }: Cell) => read.selectFrom('instance').selectAll().orderBy('number').execute()

async function logOf({ changes }: Cell): Promise<readonly LoggedChange[]> {
  const all: LoggedChange[] = []
  for (;;) {
    const page = await changes.read(all.at(-1)?.offset ?? 0, { limit: 1_000 })
    if (page.length === 0) return all
    all.push(...page)
  }
}

/** What `kilonova verify` finds: between tables, placement, guests and files. */
async function findings({ world: { clock, chance }, databases, machines, outside }: Lived): Promise<readonly string[]> {
  const checks = computeChecks({
    ...{ databases, clock, chance, rules: () => outside.rules },
    placement: openPlacementRoom({ clock, chance }, databases.placement),
    machines: [...machines].map(([host, machine]) => ({
      host,
      guests: () => machine.listGuests(),
      directories: async () => machine.leftovers().directories,
      dropKept: async () => {},
      destroy: async () => {},
    })),
  })
  const found = []
  for (const check of checks) found.push(...(await check.look({ requestId: 'req-end', why: 'the end of the world' })))
  return found.map(({ what }) => what)
}

/** Whoever was told that there is a server has one, or has had it deleted. */
function promises({ wishes }: Lived, rows: readonly Row[]): readonly string[] {
  const there = new Map(rows.map(row => [row.id, row.deleted]))
  return wishes.flatMap(({ name, ids = [], count, fate }) => [
    ...(ids.length === count ? [] : [`of ${name} there are ${ids.length} and not ${count}`]),
    ...ids.filter(id => there.get(id) !== (fate === 'kept' ? 0 : 1)).map(id => `${name} (${id}) is to be ${fate}, and is not`),
  ])
}

/** Of a group whose members are to be apart no two are on one host. */
async function groupsApart({ databases: { api }, wishes }: Lived, rows: readonly Row[]): Promise<readonly string[]> {
  const ids = wishes.flatMap(({ groupId }) => groupId ?? [])
  if (ids.length === 0) return []
  const members = await api.read.selectFrom('server_group_member').selectAll().where('group_id', 'in', ids).execute()
  const hosts = new Map(rows.flatMap(({ id, host, deleted }) => (host === null || deleted === 1 ? [] : [[id, host] as const])))
  return [...Map.groupBy(members, ({ group_id }) => group_id)].flatMap(([group, all]) => {
    const taken = all.flatMap(one => hosts.get(one.instance_id) ?? [])
    return new Set(taken).size === taken.length ? [] : [`of group ${group}, whose members are to be apart, are on ${taken.join(', ')}`]
  })
}

/** What failed says where and why. */
function faults(rows: readonly Row[]): readonly string[] {
  return rows.flatMap(({ id, vm_state, deleted, fault }) => {
    if (vm_state !== 'error' || deleted === 1) return []
    const { details } = JSON.parse(fault ?? '{}') as { readonly details?: string }
    return /^The step “.+” failed on .+: /.test(details ?? '') ? [] : [`server ${id} is in ERROR, and says no more than ${fault}`]
  })
}

/** Of those that are gone, or never ran, nothing is left on any host. */
function remains({ machines }: Lived, rows: readonly Row[]): readonly string[] {
  const bodiless = new Set(rows.filter(({ deleted, vm_state }) => deleted === 1 || vm_state === 'shelved_offloaded').map(({ id }) => id))
  return [...machines].flatMap(([host, driver]) =>
    driver
      .leftovers()
      .directories.filter(name => bodiless.has(name.slice(0, 36)))
      .map(name => `${name} is left on ${host}`),
  )
}

/** What was done for an action has ended, and so has the action. */
async function openEvents({ databases: { cell1, cell0 } }: Lived): Promise<readonly string[]> {
  const open = []
  for (const { read } of [cell1, cell0]) {
    open.push(...(await read.selectFrom('instance_action_event').selectAll().where('finished_at', 'is', null).execute()))
  }
  return open.map(({ event, action_id }) => `${event} of action ${action_id} has no end`)
}

/** Work ends once: who lost a task to another writes nothing of it any more. */
function endings(log: readonly LoggedChange[]): readonly string[] {
  const byTask = Map.groupBy(
    log.filter(({ kind }) => kind === 'compute.task'),
    ({ id }) => id,
  )
  return [...byTask].flatMap(([id, changes]) => {
    const ends = changes.map(({ act }) => act).filter(act => act === 'done' || act === 'undone')
    return ends.length === 1 ? [] : [`task ${id} has ${ends.length} ends: ${ends.join(', ')}`]
  })
}

/** The log and the tables tell the same story. */
function stories(row: Row, changes: readonly LoggedChange[]): readonly string[] {
  const acts = changes.map(({ act }) => act)
  const last = changes.at(-1)?.after as { vm_state?: string; task_state?: string | null } | undefined
  const count = (act: string) => acts.filter(one => one === act).length
  return [
    ...(acts[0] === 'created' ? [] : [`the log of server ${row.id} begins with ${acts[0]}`]),
    ...(last?.vm_state === row.vm_state && last.task_state === row.task_state ? [] : [`the log of server ${row.id} ends elsewhere`]),
    ...(count('deleted') === row.deleted ? [] : [`the log tells ${count('deleted')} times that server ${row.id} was deleted`]),
    ...(count('launched') === (row.launched_at === null ? 0 : 1)
      ? []
      : [`the log tells ${count('launched')} times of the start of ${row.id}`]),
  ]
}

/** How long a server was on its way at most, in milliseconds. */
function longestWay(changes: readonly LoggedChange[]): number {
  let [since, longest] = [Number.NaN, 0]
  for (const { at, after } of changes) {
    const { task_state } = after as { readonly task_state?: string | null }
    const now = Date.parse(at)
    if (!Number.isNaN(since)) longest = Math.max(longest, now - since)
    if (task_state === null) since = Number.NaN
    else if (Number.isNaN(since)) since = now
  }
  return longest
}
