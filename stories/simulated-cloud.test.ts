import { computeChecks } from '@kilonova/compute/main.ts'
import { openPlacementRoom } from '@kilonova/placement/main.ts'
import { calm, everySeed, simulation, stormy, type World } from '@kilonova/platform/simulation/simulation.ts'
import { expect, test } from 'vitest'
import { client, courseOf, type Wish } from './kit/simulated-clients.ts'
import { agent, compute, type Machine, machine, openSimulatedDatabases, rules, type SimulatedDatabases } from './kit/simulated-cloud.ts'
import { shelf } from './kit/simulated-images.ts'

const hosts = ['host1', 'host2', 'host3']
const stormMs = 240_000
/** Longer than any deadline but those of moves: half an hour for a labour, ten minutes for an undo, one for the look for guests without servers. */
const patienceMs = 30_000_000
/** The longest that a message or a process is late: who stood still may wake up with a request in hand that everybody has forgotten. */
const latenessMs = stormy.longestFreezeMs + 10_000

const wishesOf = ({ chance }: World): Wish[][] => [
  [
    { name: 'a', acts: courseOf(chance, 2), fate: 'deleted' },
    { name: 'b', acts: [], fate: 'kept' },
  ],
  [
    { name: 'c', acts: courseOf(chance, 1), fate: 'deleted at once' },
    { name: 'd', acts: courseOf(chance, 2), fate: 'kept' },
  ],
]

interface Lived {
  readonly world: World
  readonly databases: SimulatedDatabases
  readonly machines: ReadonlyMap<string, Machine>
  readonly wishes: readonly Wish[]
  readonly lives: number
  readonly ms: number
}

/** Everybody lives through the storm; then the weather clears, and all that was begun comes to its end. */
async function live(world: World): Promise<Lived> {
  const { clock } = world
  const outside = { databases: await openSimulatedDatabases(world), keeper: shelf() }
  const { databases } = outside
  const machines = new Map(hosts.map(host => [host, machine(host, world)]))
  const processes = [...machines].map(([host, machine]) => world.process(host, doors => agent(host, machine, doors)))
  for (const name of ['cell1', 'cell2']) processes.push(world.process(name, doors => compute(name, hosts, outside, doors)))
  const wishes = wishesOf(world)
  const content = wishes.map((mine, at) => {
    const done = Promise.withResolvers<void>()
    world.process(`client${at}`, async doors => {
      // By then the hosts have told what they have.
      if (clock.monotonic() < 25_000) await doors.clock.sleep(25_000)
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
  // What was late is found by looking: for guests once a minute, for claims every ten.
  await clock.sleep(700_000)
  await soon(world, 'every task has ended', tasksEnd(world, databases.cell1))
  const lives = processes.reduce((sum, process) => sum + process.lives, 0)
  return { world, databases, machines, wishes: wishes.flat(), lives, ms: clock.monotonic() }
}

async function tasksEnd({ clock }: World, { read }: SimulatedDatabases['cell1']): Promise<void> {
  for (;;) {
    const open = await read.selectFrom('task').select('id').where('state', 'not in', ['done', 'undone']).execute()
    if (open.length === 0) return
    await clock.sleep(2_000)
  }
}

async function soon(world: World, what: string, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = world.clock.after(patienceMs, () => late.reject(new Error(`it did not come to pass that ${what}`)))
  await Promise.race([work, late.promise])
  timer.stop()
}

/** What `kilonova verify` finds: between tables, placement, guests and files. */
async function findings({ world: { clock, chance }, databases, machines }: Lived): Promise<readonly string[]> {
  const checks = computeChecks({
    ...{ databases, clock, chance, rules: () => rules },
    placement: openPlacementRoom({ clock, chance }, databases.placement),
    machines: [...machines].map(([host, machine]) => ({
      host,
      guests: () => machine.listGuests(),
      directories: async () => machine.leftovers().directories,
      destroy: async () => {},
    })),
  })
  const found = await Promise.all(checks.map(check => check.look({ requestId: 'req-end', why: 'the end of the world' })))
  return found.flat().map(({ what }) => what)
}

async function inspect(lived: Lived) {
  const { databases, machines, wishes } = lived
  const { cell1, cell0 } = databases
  const rowsIn = ({ read }: SimulatedDatabases['cell1']) => read.selectFrom('instance').selectAll().orderBy('number').execute()
  const rows = [...(await rowsIn(cell1)), ...(await rowsIn(cell0))]
  const log = [...(await cell1.changes.read(0, { limit: 1_000 }))]
  const logOfBuried = [...(await cell0.changes.read(0, { limit: 1_000 }))]
  const changesOf = (id: string) => [...log, ...logOfBuried].filter(change => change.kind === 'compute.server' && change.id === id)

  // Whoever was told that there is a server has one, or has had it deleted.
  const told = wishes.map(({ id, fate }) => ({ fate, found: rows.find(row => row.id === id)?.deleted }))
  expect(told).toEqual(wishes.map(({ fate }) => ({ fate, found: fate === 'kept' ? 0 : 1 })))

  // Nothing is on its way any more, nothing disagrees, and what failed says where and why.
  expect(await findings(lived)).toEqual([])
  expect(new Set(rows.map(({ number }) => number)).size).toBe(rows.length)
  const faults = rows.filter(({ vm_state, deleted }) => vm_state === 'error' && deleted === 0).map(({ fault }) => JSON.parse(fault ?? '{}'))
  for (const { details } of faults) expect(details).toMatch(/^The step “.+” failed on .+: /)

  // Of those that are gone, or never ran, nothing is left on any host, and of all others what they are made of.
  const bodiless = rows.filter(({ deleted, vm_state }) => deleted === 1 || vm_state === 'shelved_offloaded').map(({ id }) => id)
  const left = [...machines.values()].flatMap(driver => driver.leftovers().directories.filter(name => bodiless.includes(name.slice(0, 36))))
  expect(left).toEqual([])

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

const closeAll = ({ databases }: Lived) => Promise.all(Object.values(databases).map(one => one.close()))

test('no server is lost, none is stuck and no guest is forgotten, whatever goes wrong', { timeout: 600_000 }, async ({ task }) => {
  const sum = { worlds: 0, lives: 0, virtualS: 0, servers: 0, failed: 0, changes: 0 }
  await everySeed(40, task, async world => {
    const lived = await live(world)
    const { servers, failed, changes } = await inspect(lived)
    sum.worlds++
    sum.lives += lived.lives
    sum.virtualS += Math.round(lived.ms / 1000)
    sum.servers += servers
    sum.failed += failed
    sum.changes += changes
    await closeAll(lived)
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
      await closeAll(lived)
    },
    calm,
  ))
