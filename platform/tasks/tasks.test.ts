import { afterEach, expect, test } from 'vitest'
import { openBus } from '../bus/open.ts'
import { openBroker } from '../bus/in-process/broker.ts'
import { seededChance } from '../chance.ts'
import { silentLog } from '../log/log.ts'
import { Refusal } from '../refusal.ts'
import { type VirtualClock, virtualClock } from '../simulation/virtual-clock.ts'
import { type Database, openDatabase } from '../sql/database.ts'
import { type TaskTables, taskMigration } from './migration.ts'
import { labour, task } from './task.ts'
import { openTasks, type Tasks } from './tasks.ts'

const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', projectId: 'p1', why: 'POST /houses' }

interface Rooms {
  readonly acts: string[]
  act(name: string, key: string): Promise<void>
}

const build = task<{ color: string }, Rooms>('house.build')
  .step(
    'dig',
    (_, { act }, { key }) => act('dig', key).then(() => ({ depth: 3 })),
    async (_, { act }, { key }) => act('fill', key),
  )
  .step(
    'paint',
    async ({ color, depth }, { act }, { key }) => act(`paint ${color} at ${depth}`, key),
    async (_, { act }, { key }) => act('scrape', key),
  )
  .onDone(async (_, { act }, { key }) => act('hand over', key))
  .onUndone(async (_, { act }, { key, fault }) => act(`tell: ${fault.step} at ${fault.host}: ${fault.message}`, key))

let database: Database<TaskTables> | undefined
afterEach(() => database?.close())

/** Two processes on one database and one bus, in virtual time. */
async function town(behave: (name: string, key: string, clock: VirtualClock) => Promise<void> | void = () => {}) {
  const [clock, chance] = [virtualClock(), seededChance(7)]
  const db = await openDatabase<TaskTables>({
    url: 'sqlite://',
    service: 'town',
    migrations: [taskMigration],
    clock,
    log: silentLog,
    chance,
  })
  database = db
  const broker = openBroker()
  const acts: string[] = []
  const rooms: Rooms = {
    acts,
    async act(name, key) {
      acts.push(`${key}: ${name}`)
      await behave(name, key, clock)
    },
  }
  const open = async (host: string) =>
    openTasks({
      service: 'town',
      database: db,
      clock,
      chance,
      log: silentLog,
      host,
      bus: await openBus({ clock, chance, log: silentLog, inProcess: broker }),
    })
  const [api, one] = [await open('api1'), await open('host1')]
  const record = (key: string, deadlineMs = 3_600_000) =>
    clock.run(() => db.transaction(cause, tx => api.record(tx, build, { key, input: { color: 'red' }, deadlineMs, cause })))
  const state = async (id: string, tasks: Tasks<TaskTables> = api) => (await tasks.find(id))?.state
  return { clock, db, acts, rooms, api, one, open, record, state, labours: [labour(build, rooms)] }
}

test('a recorded task is carried out by another process at once, its results handed from step to step', async () => {
  const { clock, acts, one, record, labours, state } = await town()
  one.work(labours)
  const id = await record('h1')
  await clock.settle()
  await clock.advance(10)
  expect({ acts, state: await state(id) }).toEqual({ acts: ['h1: dig', 'h1: paint red at 3', 'h1: hand over'], state: 'done' })
})

test('whoever waits for a task gets it as it ended, also from another process', async () => {
  const { clock, api, one, record, labours } = await town(name => {
    if (name.startsWith('paint')) throw new Refusal('conflict', 'no paint left', { code: 'NoPaint' })
  })
  const id = await record('h1')
  const waiting = api.ended(id, new AbortController().signal)
  one.work(labours)
  await clock.advance(20_000)
  expect(await waiting).toMatchObject({ state: 'undone', fault: { step: 'paint', code: 'NoPaint', message: 'no paint left' } })
  expect(await api.ended(id, AbortSignal.abort())).toMatchObject({ state: 'undone' })
})

test('whoever waits no longer is told so', async () => {
  const { api, record } = await town()
  const id = await record('h1')
  const ending = new AbortController()
  const waiting = expect(api.ended(id, ending.signal)).rejects.toThrow('no longer')
  ending.abort(new Error('no longer'))
  await waiting
})

test('a task whose transaction fails does not exist', async () => {
  const { clock, db, acts, api, labours } = await town()
  api.work(labours)
  const failing = db.transaction(cause, async tx => {
    await api.record(tx, build, { key: 'h1', input: { color: 'red' }, deadlineMs: 1_000, cause })
    throw new Refusal('conflict', 'changed my mind')
  })
  await expect(failing).rejects.toThrow('changed my mind')
  await clock.advance(10_000)
  expect({ acts, tasks: await api.list() }).toEqual({ acts: [], tasks: [] })
})

test('a worker that starts later finds what waits', async () => {
  const { clock, one, record, labours, state } = await town()
  const id = await record('h1')
  one.work(labours)
  await clock.advance(10)
  expect(await state(id)).toBe('done')
})

test('tasks on one subject run one after the other, others beside them', async () => {
  const { clock, acts, one, open, record, labours } = await town((_, key, clock) => (key === 'h1' ? clock.sleep(1_000) : undefined))
  const two = await open('host2')
  for (const key of ['h1', 'h1', 'h2']) await record(key)
  for (const tasks of [one, two]) tasks.work(labours)
  await clock.advance(20_000)
  expect(acts.filter(act => act.startsWith('h1'))).toEqual([...Array(2)].flatMap(() => ['h1: dig', 'h1: paint red at 3', 'h1: hand over']))
  expect(acts.indexOf('h2: hand over')).toBeLessThan(acts.indexOf('h1: hand over'))
})

test('what cannot be done now is tried again', async () => {
  let times = 0
  const { clock, one, record, labours, state } = await town(name => {
    if (name.startsWith('paint') && ++times < 3) throw new Refusal('unavailable', 'no brush')
  })
  one.work(labours)
  const id = await record('h1')
  await clock.advance(60_000)
  expect({ times, state: await state(id) }).toEqual({ times: 3, state: 'done' })
})

test('a failing step undoes all, and the user is told the step, the host and the reason', async () => {
  const { clock, acts, one, record, labours, state } = await town(name => {
    if (name.startsWith('paint')) throw new Refusal('over-quota', 'no paint left', { extra: { host: 'shop7' } })
  })
  one.work(labours)
  const id = await record('h1')
  await clock.advance(1_000)
  expect(await state(id)).toBe('undone')
  expect(acts).toEqual(['h1: dig', 'h1: paint red at 3', 'h1: scrape', 'h1: fill', 'h1: tell: paint at shop7: no paint left'])
})

test('a task past its deadline is undone though its step never returns', async () => {
  const { clock, acts, one, record, labours, state } = await town(name => (name.startsWith('paint') ? new Promise(() => {}) : undefined))
  one.work(labours)
  const id = await record('h1', 5_000)
  await clock.advance(6_000)
  expect(await state(id)).toBe('undone')
  expect(acts.at(-1)).toBe('h1: tell: paint at host1: It took too long.')
})

test('an undo that goes on failing parks the task, and a retry ends it', async () => {
  let broken = true
  const { clock, one, api, record, labours, state } = await town(name => {
    if (name.startsWith('paint')) throw new Refusal('conflict', 'wrong colour')
    if (name === 'fill' && broken) throw new Refusal('unavailable', 'no earth')
  })
  one.work(labours)
  const id = await record('h1')
  await clock.advance(2_200_000)
  expect(await api.list({ states: ['parked'] })).toMatchObject([{ id, fault: { step: 'undo: dig', host: 'host1', message: 'no earth' } }])
  broken = false
  await clock.run(() => api.retry(id, cause))
  await clock.advance(10)
  expect(await state(id)).toBe('undone')
  await expect(api.retry(id, cause)).rejects.toMatchObject({ kind: 'conflict' })
})

test('a task whose worker died is taken up by another after the lease, behind the last finished step', async () => {
  let stuck = true
  const { clock, db, acts, rooms, one, open, record, labours, state } = await town(name =>
    name.startsWith('paint') && stuck ? new Promise(() => {}) : undefined,
  )
  one.work(labours, { leaseMs: 30_000 })
  const id = await record('h1')
  await clock.advance(1_000)
  // The first process dies: its lease is not renewed any more.
  await db.transaction(cause, tx => tx.change([], sql => sql.updateTable('task').set({ owner: 'host1 died' }).execute()))
  stuck = false
  const two = await open('host2')
  two.work([labour(build, rooms)])
  await clock.advance(60_000)
  expect({ acts, state: await state(id) }).toEqual({
    acts: ['h1: dig', 'h1: paint red at 3', 'h1: paint red at 3', 'h1: hand over'],
    state: 'done',
  })
})

test('a worker that stops finishes the act it is at and leaves the rest to another', async () => {
  const { clock, acts, one, open, record, labours, state } = await town((name, _, clock) =>
    name === 'dig' ? clock.sleep(2_000) : undefined,
  )
  const worker = one.work(labours)
  const id = await record('h1')
  await clock.advance(500)
  await clock.run(() => worker.stop())
  expect({ acts, state: await state(id) }).toEqual({ acts: ['h1: dig'], state: 'running' })
  const two = await open('host2')
  two.work(labours)
  await clock.advance(10)
  expect({ acts: acts.slice(1), state: await state(id) }).toEqual({ acts: ['h1: paint red at 3', 'h1: hand over'], state: 'done' })
})

test('each transition is in the change log, with its project and its cause', async () => {
  const { clock, db, one, record, labours } = await town()
  one.work(labours)
  const id = await record('h1')
  await clock.advance(10)
  const changes = await db.changes.read(0)
  expect(changes.map(({ act }) => act)).toEqual(['recorded', 'begun', 'advanced', 'advanced', 'done'])
  expect(changes[2]).toMatchObject({
    kind: 'town.task',
    id,
    projectId: 'p1',
    cause,
    after: { name: 'house.build', key: 'h1', step: 'dig' },
  })
})
