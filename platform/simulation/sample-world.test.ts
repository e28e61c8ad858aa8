import { expect, test } from 'vitest'
import type { Database } from '../sql/database.ts'
import { unfinishedStates } from '../tasks/record.ts'
import { client, keeper, openSampleDatabase, stamper, type Tables } from './sample-world.ts'
import { calm, everySeed, replayLine, simulation, type World } from './simulation.ts'

const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' }

/** Two keepers, a stamper and two clients live through the storm; then the weather clears, and all that was begun comes to its end. */
async function live(world: World) {
  const database = await openSampleDatabase(world)
  const [stamped, acknowledged] = [new Set<number>(), new Set<number>()]
  const numbers = [
    [1, 5],
    [2, 3],
  ]
  const keepers = ['host1', 'host2'].map(host => world.process(host, doors => keeper(host, database, doors)))
  const other = world.process('stamper', doors => stamper(stamped, doors))
  const clients = numbers.map((mine, at) => {
    const done = Promise.withResolvers<void>()
    world.process(`client${at}`, async doors => {
      await client(mine, acknowledged, doors)
      done.resolve()
    })
    return done.promise
  })
  await Promise.all(clients)
  world.calmDown()
  const ended = await end(world, database)
  return { database, stamped, acknowledged, ended, lives: [...keepers, other].reduce((sum, { lives }) => sum + lives, 0) }
}

/** Waits until no task is under way; parked ones are retried as an operator would. Fails when that takes longer than any deadline. */
async function end({ clock }: World, database: Database<Tables>): Promise<number> {
  const until = clock.monotonic() + 600_000
  for (;;) {
    const parked = database.read.selectFrom('task').select(['id', 'turned']).where('state', '=', 'parked')
    for (const { id, turned } of await parked.execute())
      await database.transaction(cause, tx =>
        tx.change({ kind: 'sample.task', id, act: 'retried', after: { state: turned ? 'undoing' : 'running' } }, sql =>
          sql
            .updateTable('task')
            .set({ state: turned ? 'undoing' : 'running' })
            .where('id', '=', id)
            .execute(),
        ),
      )
    const open = await database.read.selectFrom('task').select('id').where('state', 'in', unfinishedStates).execute()
    if (open.length === 0) return clock.monotonic()
    if (clock.monotonic() > until) throw new Error(`${open.length} tasks have not ended`)
    await clock.sleep(2_000)
  }
}

async function inspect({ database, stamped, acknowledged }: Awaited<ReturnType<typeof live>>) {
  const rows = await database.read.selectFrom('record').selectAll().orderBy('number').execute()
  const tasks = await database.read.selectFrom('task').selectAll().execute()
  const log = [...(await database.changes.read(0, { limit: 1_000 }))]
  const actsOf = (kind: string, id: string) => log.filter(entry => entry.kind === kind && entry.id === id)

  expect([...acknowledged].filter(number => !rows.some(row => row.number === number))).toEqual([])
  expect(log.map(({ offset }) => offset)).toEqual(log.map((_, at) => at + 1))
  expect(
    log
      .filter(({ act }) => act === 'created')
      .map(({ id }) => Number(id))
      .toSorted((a, b) => a - b),
  ).toEqual(rows.map(({ number }) => number))
  for (const { number, state } of rows) {
    expect(actsOf('sample.record', String(number)).at(-1)?.after).toEqual({ state })
    if (state.startsWith('stamp')) expect(stamped.has(number)).toBe(true)
    else expect(state).toMatch(/^error: /)
  }
  expect(tasks).toHaveLength(rows.length)
  for (const { id, state, input_json } of tasks) {
    const acts = actsOf('sample.task', id)
    expect(acts.filter(({ act }) => act === 'done' || act === 'undone').map(({ act }) => act)).toEqual([state])
    const { number } = JSON.parse(input_json)
    expect({ number, isStamped: rows.find(row => row.number === number)?.state.startsWith('stamp') }).toEqual({
      number,
      isStamped: state === 'done',
    })
  }
  return { tasks: tasks.length, undone: tasks.filter(({ state }) => state === 'undone').length, changes: log.length }
}

test('no acknowledged write is lost and every task comes to one end, whatever goes wrong', { timeout: 120_000 }, async ({ task }) => {
  const sum = { worlds: 0, lives: 0, virtualS: 0, acknowledged: 0, tasks: 0, undone: 0, changes: 0 }
  await everySeed(300, task, async world => {
    const lived = await live(world)
    const { tasks, undone, changes } = await inspect(lived)
    sum.worlds++
    sum.lives += lived.lives
    sum.virtualS += Math.round(lived.ended / 1000)
    sum.acknowledged += lived.acknowledged.size
    sum.tasks += tasks
    sum.undone += undone
    sum.changes += changes
    await lived.database.close()
  })
  console.log(`simulated: ${JSON.stringify(sum)}`)
})

test('in fair weather everything is acknowledged, and only the five is undone', () =>
  simulation(
    1,
    async world => {
      const lived = await live(world)
      const { undone } = await inspect(lived)
      expect({ acknowledged: lived.acknowledged.size, undone, lives: lived.lives }).toEqual({ acknowledged: 4, undone: 1, lives: 3 })
      await lived.database.close()
    },
    calm,
  ))

test('the same seed takes the same course', async () => {
  const course = async () => {
    let log: unknown
    await simulation(42, async world => {
      const { database } = await live(world)
      log = await database.changes.read(0, { limit: 1_000 })
      await database.close()
    })
    return log
  }
  expect(await course()).toEqual(await course())
})

test('a failing seed says how to replay it', async ({ task }) => {
  const failing = everySeed(3, task, async ({ seed }) => {
    if (seed === 2) throw new Error('oh')
  })
  if (!process.env['KILONOVA_SEED'])
    await expect(failing).rejects.toThrow(`seed 2: oh\n${replayLine(2, 'platform/simulation/sample-world.test.ts', task.name)}`)
})
