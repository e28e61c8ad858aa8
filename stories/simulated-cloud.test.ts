import { calm, everySeed, simulation, stormy, type World } from '@kilonova/platform/simulation/simulation.ts'
import { expect, test } from 'vitest'
import {
  agent,
  type ComputeDatabases,
  type SimulatedDatabases,
  client,
  compute,
  type Machine,
  machine,
  openSimulatedDatabases,
  type Wish,
} from './kit/simulated-cloud.ts'

const hosts = ['host1', 'host2', 'host3']
const stormMs = 180_000
/** Longer than any deadline: half an hour for a labour, ten minutes for an undo, one for the look for guests without servers. */
const patienceMs = 3_600_000
/** The longest that a message or a process is late: who stood still may wake up with a request in hand that everybody has forgotten. */
const latenessMs = stormy.longestFreezeMs + 10_000

const wishesOf = (): Wish[][] => [
  [
    { name: 'a', fate: 'deleted' },
    { name: 'b', fate: 'kept' },
  ],
  [
    { name: 'c', fate: 'deleted at once' },
    { name: 'd', fate: 'kept' },
  ],
]

interface Lived {
  readonly databases: SimulatedDatabases
  readonly machines: ReadonlyMap<string, Machine>
  readonly wishes: readonly Wish[]
  readonly lives: number
  readonly ms: number
}

/** Everybody lives through the storm; then the weather clears, and all that was begun comes to its end. */
async function live(world: World): Promise<Lived> {
  const { clock } = world
  const databases = await openSimulatedDatabases(world)
  const machines = new Map(hosts.map(host => [host, machine(host, world)]))
  const processes = [...machines].map(([host, machine]) => world.process(host, doors => agent(host, machine, doors)))
  for (const [at, name] of ['cell1', 'cell2'].entries()) {
    const order = [...hosts.slice(at), ...hosts.slice(0, at)]
    processes.push(world.process(name, doors => compute(name, order, databases, doors)))
  }
  const wishes = wishesOf()
  const content = wishes.map((mine, at) => {
    const done = Promise.withResolvers<void>()
    world.process(`client${at}`, async doors => {
      await client(mine, doors)
      done.resolve()
    })
    return done.promise
  })
  clock.after(stormMs, world.calmDown)
  await soon(world, 'every client has what it wants', Promise.all(content))
  world.calmDown()
  await clock.sleep(latenessMs)
  await soon(world, 'every task has ended', tasksEnd(world, databases.cell1))
  await soon(world, 'every guest has a server', guestsAreOwned(world, databases.cell1, machines))
  const lives = processes.reduce((sum, process) => sum + process.lives, 0)
  return { databases, machines, wishes: wishes.flat(), lives, ms: clock.monotonic() }
}

async function tasksEnd({ clock }: World, { read }: ComputeDatabases['cell1']): Promise<void> {
  for (;;) {
    const open = await read.selectFrom('task').select('id').where('state', 'not in', ['done', 'undone']).execute()
    if (open.length === 0) return
    await clock.sleep(2_000)
  }
}

/** Those that were started too late are found by looking. */
async function guestsAreOwned(
  { clock }: World,
  { read }: ComputeDatabases['cell1'],
  machines: ReadonlyMap<string, Machine>,
): Promise<void> {
  for (;;) {
    const guests = (await Promise.all([...machines.values()].map(driver => driver.listGuests()))).flat()
    const active = await read.selectFrom('instance').select('id').where('vm_state', '=', 'active').execute()
    if (guests.every(({ uuid }) => active.some(({ id }) => id === uuid))) return
    await clock.sleep(10_000)
  }
}

async function soon(world: World, what: string, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = world.clock.after(patienceMs, () => late.reject(new Error(`it did not come to pass that ${what}`)))
  await Promise.race([work, late.promise])
  timer.stop()
}

async function inspect({ databases, machines, wishes }: Lived) {
  const { cell1, cell0 } = databases
  const rowsIn = ({ read }: ComputeDatabases['cell1']) => read.selectFrom('instance').selectAll().orderBy('number').execute()
  const [hosted, buried] = [await rowsIn(cell1), await rowsIn(cell0)]
  const rows = [...hosted, ...buried]
  const tasks = await cell1.read.selectFrom('task').selectAll().execute()
  const log = [...(await cell1.changes.read(0, { limit: 1_000 }))]
  const logOfBuried = [...(await cell0.changes.read(0, { limit: 1_000 }))]
  const changesOf = (id: string) => [...log, ...logOfBuried].filter(change => change.kind === 'compute.server' && change.id === id)

  // Whoever was told that there is a server has one, or has had it deleted.
  const told = wishes.map(({ id, fate }) => ({ fate, found: rows.find(row => row.id === id)?.deleted }))
  expect(told).toEqual(wishes.map(({ fate }) => ({ fate, found: fate === 'kept' ? 0 : 1 })))

  // Nothing is on its way any more, and no number was given twice.
  expect(rows.filter(({ task_state, vm_state }) => task_state !== null || vm_state === 'building')).toEqual([])
  expect(tasks.map(({ state }) => state).filter(state => state !== 'done' && state !== 'undone')).toEqual([])
  expect(new Set(rows.map(({ number }) => number)).size).toBe(rows.length)

  // Every guest has a server that lives on that host, and every server that lives has its guest; files are the same.
  const guests = [...machines].flatMap(async ([host, driver]) =>
    (await driver.listGuests()).map(({ uuid, power }) => ({ uuid, host, power })),
  )
  const expected = rows.filter(({ vm_state }) => vm_state === 'active').map(({ id, host }) => ({ uuid: id, host, power: 'running' }))
  const byId = (all: readonly { uuid: string }[]) => all.toSorted((a, b) => a.uuid.localeCompare(b.uuid))
  expect(byId((await Promise.all(guests)).flat())).toEqual(byId(expected))
  const directories = [...machines.values()].flatMap(driver => driver.leftovers().directories)
  expect(directories.toSorted()).toEqual(expected.map(({ uuid }) => uuid).toSorted())

  // The log and the tables tell the same story.
  expect(log.map(({ offset }) => offset)).toEqual(log.map((_, at) => at + 1))
  for (const row of rows) {
    const changes = changesOf(row.id)
    const acts = changes.map(({ act }) => act)
    expect({ first: acts[0], last: changes.at(-1)?.after }).toMatchObject({
      first: 'created',
      last: { vm_state: row.vm_state, task_state: row.task_state },
    })
    expect(acts.filter(act => act === 'deleted')).toHaveLength(row.deleted)
    expect(acts.filter(act => act === 'launched')).toHaveLength(row.launched_at === null ? 0 : 1)
  }
  return { servers: rows.length, failed: rows.filter(({ vm_state }) => vm_state === 'error').length, changes: log.length }
}

test('no server is lost, none is stuck and no guest is forgotten, whatever goes wrong', { timeout: 300_000 }, async ({ task }) => {
  const sum = { worlds: 0, lives: 0, virtualS: 0, servers: 0, failed: 0, changes: 0 }
  await everySeed(200, task, async world => {
    const lived = await live(world)
    const { servers, failed, changes } = await inspect(lived)
    sum.worlds++
    sum.lives += lived.lives
    sum.virtualS += Math.round(lived.ms / 1000)
    sum.servers += servers
    sum.failed += failed
    sum.changes += changes
    await Promise.all(Object.values(lived.databases).map(one => one.close()))
  })
  console.log(`simulated: ${JSON.stringify(sum)}`)
})

test('in fair weather only the machines’ own faults show', () =>
  simulation(
    1,
    async world => {
      const lived = await live(world)
      const { servers } = await inspect(lived)
      expect({ servers, lives: lived.lives }).toEqual({ servers: 4, lives: 5 })
      await Promise.all(Object.values(lived.databases).map(one => one.close()))
    },
    calm,
  ))
