import { type Faults, stormy, type World } from '@kilonova/platform/simulation/simulation.ts'
import { client, operator } from './clients.ts'
import { agent, compute, healEveryMs, type Outside, rulesOf, type SimulatedDatabases } from './cloud.ts'
import { shelf } from './images.ts'
import { type Machine, machine } from './machines.ts'
import type { WorldSize } from './size.ts'
import { spells } from './weather.ts'
import { type Wish, wishesOf } from './wishes.ts'

const stormMs = 150_000
/** Long enough for others to have ended what a process was about to do that stood still. */
export const weather: Faults = { ...stormy, longestFreezeMs: 90_000 }
/** The longest that a message or a process is late: who stood still may wake up with a request in hand that everybody has forgotten. */
const latenessMs = weather.longestFreezeMs + weather.longestDelayMs + 10_000
/** Longer than any deadline but those of moves: half an hour for a labour, ten minutes for an undo, one for the look for guests without servers. */
const patienceMs = 30_000_000
/** By then the hosts have told what they have. */
const firstBeatsMs = 25_000
/** Hosts tell of all their guests each minute. */
const reportMs = 61_000

/** A world that has come to its end. */
export interface Lived {
  readonly world: World
  readonly outside: Outside
  readonly databases: SimulatedDatabases
  readonly machines: ReadonlyMap<string, Machine>
  readonly wishes: readonly Wish[]
  readonly lives: number
  readonly ms: number
}

export interface LifeWish {
  readonly world: World
  readonly size: WorldSize
  /** Opened for this world; whoever opened them closes them. */
  readonly databases: SimulatedDatabases
  readonly isCalm?: boolean
}

/** Everybody lives through the storm; then the weather clears, and all that was begun comes to its end. */
export async function live({ world, size, databases, isCalm = false }: LifeWish): Promise<Lived> {
  const { clock, chance } = world
  const hosts = Array.from({ length: size.hosts }, (_, at) => `host${at + 1}`)
  const away = isCalm ? { placement: [], images: [] } : { placement: spells(chance, stormMs), images: spells(chance, stormMs) }
  const outside: Outside = { databases, keeper: shelf(), rules: rulesOf(chance), away }
  const mishaps = () => (isCalm ? 0 : Math.floor(chance.fraction() * Math.min(4, 1 + (2 * size.servers) / size.hosts)))
  const machines = new Map(hosts.map(host => [host, machine(host, world, mishaps())]))
  const processes = [...machines].map(([host, machine]) => world.process(host, doors => agent(host, machine, doors)))
  for (const what of ['api', 'conductor'] as const)
    for (const name of [`${what}1`, `${what}2`]) processes.push(world.process(name, doors => compute(what, name, hosts, outside, doors)))

  const wishes = wishesOf(chance, size.servers)
  const outsiders = wishes.map((mine, at) => untilContent(world, `client${at}`, doors => client(mine, doors)))
  if (!isCalm) outsiders.push(untilContent(world, 'operator', doors => operator(hosts, 6, doors)))
  if (!isCalm) void misbehave(world, machines)
  clock.after(stormMs, world.calmDown)
  const soon = soonIn(world, databases.cell1)
  await soon('every client has what it wants', Promise.all(outsiders))
  world.calmDown()
  await clock.sleep(latenessMs)
  await soon('every task has ended', tasksEnd(world, databases.cell1))
  // What was late is found when hosts tell of their guests, and when placement is looked through.
  await clock.sleep(reportMs + healEveryMs)
  await soon('every task has ended', tasksEnd(world, databases.cell1))
  const lives = processes.reduce((sum, process) => sum + process.lives, 0)
  return { world, outside, databases, machines, wishes: wishes.flat(), lives, ms: clock.monotonic() }
}

type Start = Parameters<World['process']>[1]

/** Someone outside, who begins again where they were when they are killed. */
function untilContent(world: World, name: string, pursue: Start): Promise<void> {
  const done = Promise.withResolvers<void>()
  world.process(name, async doors => {
    if (world.clock.monotonic() < firstBeatsMs) await doors.clock.sleep(firstBeatsMs)
    await pursue(doors)
    done.resolve()
  })
  return done.promise
}

/** Guests shut themselves down and crash. */
async function misbehave({ clock, chance }: World, machines: ReadonlyMap<string, Machine>): Promise<void> {
  const all = [...machines.values()]
  while (clock.monotonic() < stormMs) {
    await clock.sleep(chance.fraction() * 20_000)
    const guests = await Promise.all(all.map(async driver => (await driver.listGuests()).map(guest => ({ driver, guest }))))
    const running = guests.flat().filter(({ guest }) => guest.power === 'running')
    const one = running[Math.floor(chance.fraction() * running.length)]
    if (one) one.driver.happen(one.guest.uuid, chance.fraction() < 0.5 ? 'shutdown' : 'crashed')
  }
}

type Cell = SimulatedDatabases['cell1']

const openTasks = ({ read }: Cell) =>
  read.selectFrom('task').select(['name', 'subject', 'state', 'fault_json']).where('state', 'not in', ['done', 'undone']).execute()

const told = (tasks: Awaited<ReturnType<typeof openTasks>>): string =>
  tasks.map(({ name, subject, state, fault_json }) => `${name} of ${subject} is ${state}${fault_json ? `: ${fault_json}` : ''}`).join('\n')

/** Nobody here lets a task go on that is parked. */
async function tasksEnd({ clock }: World, cell: Cell): Promise<void> {
  for (;;) {
    const open = await openTasks(cell)
    if (open.length === 0) return
    const parked = open.filter(({ state }) => state === 'parked')
    if (parked.length > 0) throw new Error(told(parked))
    await clock.sleep(2_000)
  }
}

/** Who fails at it is told what was still being worked on. */
const soonIn = (world: World, cell: Cell) => async (what: string, work: Promise<unknown>) => {
  const late = new AbortController()
  const tooLate = world.clock.sleep(patienceMs, late.signal).then(async () => {
    throw new Error(`it did not come to pass that ${what}; open: ${told(await openTasks(cell)) || 'no task'}`)
  })
  await Promise.race([work, tooLate])
  late.abort()
}
