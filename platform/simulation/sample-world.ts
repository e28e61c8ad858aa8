import { ask, handle } from '../bus/message.ts'
import type { Cause } from '../cause.ts'
import { Refusal } from '../refusal.ts'
import { columns } from '../sql/columns.ts'
import type { Database, Migration } from '../sql/database.ts'
import { type TaskTables, taskMigration } from '../tasks/migration.ts'
import { labour, task } from '../tasks/task.ts'
import { openTasks, type Tasks } from '../tasks/tasks.ts'
import type { Doors } from './simulation.ts'
import { copiedDatabases } from './template.ts'

/**
 * A small cloud to try the platform on: clients hand in numbered records; keepers write each down with a task; the task has a stamper on
 * another machine stamp it. Multiples of five are refused by the stamper, so that their tasks are undone.
 */
export interface Tables extends TaskTables {
  record: { number: number; state: string }
}

const records: Migration = {
  name: '0001-records',
  async up(schema, dialect) {
    const { id, integer } = columns(dialect)
    await schema
      .createTable('record')
      .addColumn('number', integer, c => c.primaryKey())
      .addColumn('state', id, c => c.notNull())
      .execute()
  },
}

const write = ask<{ number: number }, { number: number }>('sample.write', 1)
const stamp = ask<{ number: number }, { stamp: string }>('sample.stamp', 1)
const unstamp = ask<{ number: number }, void>('sample.unstamp', 1)

interface Rooms {
  readonly doors: Doors
  readonly database: Database<Tables>
}

interface Asked {
  readonly number: number
}

export const stampRecord = task<Asked, Rooms>('record.stamp')
  .step(
    'have it stamped',
    ({ number }, { doors }, { cause, signal }) => doors.bus.ask(stamp, 'stamper', { number }, { cause, signal, deadlineMs: 5_000 }),
    ({ number }, { doors }, { cause, signal }) => doors.bus.ask(unstamp, 'stamper', { number }, { cause, signal, deadlineMs: 5_000 }),
  )
  .step('note the stamp', ({ number, stamp }, { database }, { cause }) => setState(database, cause, number, stamp))
  .onUndone(({ number }, { database }, { cause, fault }) => setState(database, cause, number, `error: ${fault.message}`))

function setState(database: Database<Tables>, cause: Cause, number: number, state: string): Promise<void> {
  return database.transaction(cause, async tx => {
    await tx.change({ kind: 'sample.record', id: String(number), act: 'updated', after: { state } }, sql =>
      sql.updateTable('record').set({ state }).where('number', '=', number).execute(),
    )
  })
}

export const openSampleDatabase = copiedDatabases<Tables>('sample', [records, taskMigration])

/** The process that writes records down and carries out their tasks. */
export async function keeper(host: string, real: Database<Tables>, doors: Doors): Promise<void> {
  const database = doors.database(real)
  const tasks = await openTasks({ ...doors, service: 'sample', database, host })
  const accept = ({ number }: Asked, cause: Cause) => insertOnce(database, tasks, number, cause)
  await doors.bus.serve('keeper', [handle(write, accept)])
  tasks.work([labour(stampRecord, { doors, database })], { leaseMs: 10_000 })
}

async function insertOnce(database: Database<Tables>, tasks: Tasks<Tables>, number: number, cause: Cause): Promise<Asked> {
  await database.transaction(cause, async tx => {
    const before = await tx.read.selectFrom('record').select('number').where('number', '=', number).executeTakeFirst()
    if (before) return
    await tx.change({ kind: 'sample.record', id: String(number), act: 'created', after: { state: 'new' } }, sql =>
      sql.insertInto('record').values({ number, state: 'new' }).execute(),
    )
    await tasks.record(tx, stampRecord, { key: `drawer ${number % 2}`, input: { number }, deadlineMs: 180_000, cause })
  })
  return { number }
}

/** The machine with the stamp; what it stamped outlives the process. */
export async function stamper(stamped: Set<number>, { bus }: Doors): Promise<void> {
  await bus.serve('stamper', [
    handle(stamp, async ({ number }) => {
      if (number % 5 === 0) throw new Refusal('conflict', 'no ink for fives')
      stamped.add(number)
      return { stamp: `stamp ${number}` }
    }),
    handle(unstamp, async ({ number }) => void stamped.delete(number)),
  ])
}

/** Hands its numbers in, each until it is acknowledged or the patience is over. */
export async function client(numbers: readonly number[], acknowledged: Set<number>, { bus, chance, clock }: Doors): Promise<void> {
  for (const number of numbers) {
    const cause = { requestId: `req-${chance.uuid()}`, why: 'POST /records', projectId: 'p1' }
    for (let tries = 0; tries < 8 && !acknowledged.has(number); tries++) {
      const answer = await bus.ask(write, 'keeper', { number }, { cause, deadlineMs: 4_000 }).catch(() => undefined)
      if (answer) acknowledged.add(answer.number)
      else await clock.sleep(500)
    }
  }
}
