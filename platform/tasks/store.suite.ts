import { expect, onTestFinished, test, vi } from 'vitest'
import { openBroker } from '../bus/in-process/broker.ts'
import { openBus } from '../bus/open.ts'
import { systemChance } from '../chance.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { Refusal } from '../refusal.ts'
import { virtualClock } from '../simulation/virtual-clock.ts'
import type { Database } from '../sql/database.ts'
import type { Suite } from '../sql/testing.ts'
import { type TaskTables, taskMigration } from './migration.ts'
import { taskStore } from './store.ts'
import { labour, task } from './task.ts'
import { openTasks } from './tasks.ts'

const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', projectId: 'p1', why: 'POST /houses' }

interface Rooms {
  act(name: string, key: string): Promise<void>
}

const build = task<{ color: string }, Rooms>('house.build')
  .step(
    'dig',
    (_, { act }, { key }) => act('dig', key).then(() => ({ depth: 3 })),
    (_, { act }, { key }) => act('fill', key),
  )
  .step('paint', ({ color, depth }, { act }, { key }) => act(`paint ${color} at ${depth}`, key))

/** What must hold on every engine: the races for a task, its lease, and what is kept of it. On the real clock, which servers live by. */
export const taskStoreSuite: Suite = open => {
  const record = (db: Database<TaskTables>, tasks: Awaited<ReturnType<typeof openTasks<TaskTables>>>, key: string) =>
    db.transaction(cause, tx => tasks.record(tx, build, { key, input: { color: 'red' }, deadlineMs: 60_000, cause }))

  /** Several processes on one database and one bus. */
  async function town(behave: (name: string, key: string) => Promise<void> | void = () => {}) {
    const db = await open<TaskTables>([taskMigration])
    const [broker, rooms] = [openBroker(), { clock: systemClock, chance: systemChance, log: silentLog }]
    const acts: string[] = []
    const act = async (name: string, key: string) => {
      acts.push(`${key}: ${name}`)
      await behave(name, key)
    }
    const enter = async (host: string, clock = systemClock) => {
      const bus = await openBus({ inProcess: broker, ...rooms })
      const tasks = await openTasks({ service: 'town', database: db, host, bus, ...rooms, clock })
      onTestFinished(async () => {
        await tasks.close()
        await bus.close()
      })
      return tasks
    }
    return { db, acts, enter, labours: [labour(build, { act })] }
  }

  test('work on one subject is done in the order in which it was asked for, though the clocks of those who asked differ', async () => {
    const { db, acts, enter, labours } = await town()
    const fast = { ...systemClock, now: () => systemClock.now() + 90_000 }
    const [early, late] = [await enter('host1', fast), await enter('host2')]
    const asked = [await record(db, early, 'a'), await record(db, late, 'a')]
    const kept = await late.list({ key: 'a' })
    expect(kept.map(({ id }) => id)).toEqual(asked)
    late.work(labours)
    await vi.waitFor(async () => expect((await late.list({ states: ['done'] })).map(({ id }) => id)).toEqual(asked), 15_000)
    expect(acts).toEqual(['a: dig', 'a: paint red at 3', 'a: dig', 'a: paint red at 3'])
  })

  test('of many workers one takes a task, and tasks on one subject run one after the other', async () => {
    const { db, acts, enter, labours } = await town()
    const hosts = await Promise.all(['host1', 'host2', 'host3'].map(host => enter(host)))
    for (const tasks of hosts) tasks.work(labours)
    const [first] = hosts
    if (!first) throw new Error('nobody came')
    const ids = await Promise.all(['a', 'b', 'a', 'c', 'b', 'a'].map(key => record(db, first, key)))
    await vi.waitFor(
      async () => expect((await first.list({ states: ['done'] })).map(({ id }) => id).toSorted()).toEqual(ids.toSorted()),
      15_000,
    )
    for (const [key, times] of Object.entries({ a: 3, b: 2, c: 1 }))
      expect(acts.filter(act => act.startsWith(key))).toEqual(
        Array.from({ length: times }, () => [`${key}: dig`, `${key}: paint red at 3`]).flat(),
      )
  })

  test('a failing task is undone, and the log tells each transition once', async () => {
    const { db, acts, enter, labours } = await town(name => {
      if (name.startsWith('paint')) throw new Refusal('conflict', 'wrong colour')
    })
    const tasks = await enter('host1')
    tasks.work(labours)
    const id = await record(db, tasks, 'a')
    await vi.waitFor(async () => expect((await tasks.find(id))?.state).toBe('undone'), 15_000)
    expect(acts).toEqual(['a: dig', 'a: paint red at 3', 'a: fill'])
    const told = (await db.changes.read(0)).map(({ act }) => act)
    expect(told).toEqual(['recorded', 'begun', 'advanced', 'turned', 'retreated', 'retreated', 'undone'])
  })

  test('who lost a task writes nothing any more, and the next owner goes on where it was left', async () => {
    const db = await open<TaskTables>([taskMigration])
    const clock = virtualClock()
    const store = taskStore('town', db, clock)
    const wish = { id: 't1', name: 'house.build', key: 'a', input: { color: 'red' }, cause, deadlineMs: 60_000 }
    await db.transaction(cause, tx => store.insert(tx, wish))
    const [found] = await store.listFree(['house.build'], 10)
    if (!found) throw new Error('nothing is free')
    const races = await Promise.allSettled(['one', 'two', 'three', 'four'].map(owner => store.take(found, owner, 1_000)))
    const won = races.flatMap((race, at) => (race.status === 'fulfilled' && race.value ? [at] : []))
    expect(won).toHaveLength(1)
    const owner = ['one', 'two', 'three', 'four'][won[0] ?? 0] ?? ''
    await store.journal(found, owner).finish('dig', { depth: 3 })
    expect(await store.listFree(['house.build'], 10)).toEqual([])

    await clock.advance(1_001)
    const [left] = await store.listFree(['house.build'], 10)
    expect(left).toMatchObject({ id: 't1', state: 'running', finished: ['dig'], saved: { depth: 3 }, attempts: 1 })
    expect(left && (await store.take(left, 'the next', 1_000))).toMatchObject({ attempts: 2 })
    await expect(store.journal(found, owner).finish('paint', {})).rejects.toThrow('another owner')
    await expect(store.renew(found, owner, 1_000)).rejects.toThrow('another owner')
    expect((await store.find('t1'))?.finished).toEqual(['dig'])
  })

  test('tasks that ended long ago are forgotten; those that go on or are parked are kept', async () => {
    const db = await open<TaskTables>([taskMigration])
    const clock = virtualClock()
    const tasks = await openTasks({ service: 'town', database: db, clock, chance: systemChance, log: silentLog, host: 'host1' })
    const add = async (key: string, state: string) => {
      const id = await record(db, tasks, key)
      await db.transaction(cause, tx => tx.change([], sql => sql.updateTable('task').set({ state }).where('id', '=', id).execute()))
    }
    for (const state of ['ready', 'running', 'undoing', 'parked', 'done', 'undone']) await add(`old and ${state}`, state)
    await clock.advance(3_600_000)
    await add('new and done', 'done')
    await clock.advance(1_000)
    expect(await tasks.prune({ keepMs: 3_600_000 })).toBe(2)
    const kept = ['new and done', 'old and parked', 'old and ready', 'old and running', 'old and undoing']
    expect((await tasks.list()).map(({ key }) => key).toSorted()).toEqual(kept)
    expect(await tasks.prune({ keepMs: 3_600_000 })).toBe(0)
  })
}
