import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { TaskTables } from '@kilonova/platform/tasks/migration.ts'
import type { TaskRecord } from '@kilonova/platform/tasks/record.ts'
import { openTasks, type Tasks } from '@kilonova/platform/tasks/tasks.ts'
import type { Globals } from '../globals.ts'
import { type KeptService, keptServices, openKept } from '../kept.ts'
import { keptElsewhere } from '../kept-elsewhere.ts'
import { readSettings } from '../settings.ts'

/** The services that keep a journal of work, and the tables it is among. */
const journals: Readonly<Record<string, () => Promise<readonly Migration[]>>> = {
  nova: async () => (await import('@kilonova/compute/main.ts')).migrations,
  glance: async () => (await import('@kilonova/image/main.ts')).migrations,
}

/** Work that has not ended: parked, under way, or waiting. Code 1 when something is parked, and so waits for an operator. */
export async function listTasks(globals: Globals): Promise<number> {
  let parked = 0
  let count = 0
  let looked = 0
  await eachJournal(globals, async ({ name }, tasks) => {
    looked++
    for (const record of await tasks.list({ states: ['parked', 'ready', 'running', 'undoing'] })) {
      count++
      if (record.state === 'parked') parked++
      for (const line of linesOf(name, record)) globals.print(line)
    }
  })
  const elsewhere = looked === 0 ? keptElsewhere(globals) : undefined
  if (elsewhere !== undefined) {
    globals.say(elsewhere)
    return 1
  }
  globals.print(count === 0 ? 'No work is under way.' : `${count} tasks, ${parked} of them parked.`)
  return parked > 0 ? 1 : 0
}

/** A parked task goes on where it stopped, in the process that works for its service: at once, or when it is started. */
export async function retryTask(globals: Globals, id: string): Promise<number> {
  const cause = { requestId: `req-${globals.chance.uuid()}`, why: 'kilonova tasks retry' }
  let isFound = false
  let looked = 0
  await eachJournal(globals, async (_, tasks) => {
    looked++
    if (!(await tasks.find(id))) return
    isFound = true
    await tasks.retry(id, cause)
  })
  if (!isFound) throw new Refusal('not-found', (looked === 0 ? keptElsewhere(globals) : undefined) ?? `No task ${id} could be found.`)
  globals.print(`Task ${id} goes on where it stopped.`)
  return 0
}

async function eachJournal(globals: Globals, look: (service: KeptService, tasks: Tasks<TaskTables>) => Promise<void>): Promise<void> {
  const { places, flags, environment, clock, chance } = globals
  const { settings } = readSettings(places, flags, environment)
  for (const service of keptServices(globals, settings)) {
    const migrations = await journals[service.name]?.()
    if (!migrations) continue
    const database = await openKept<TaskTables>(service, migrations, clock)
    try {
      const tasks = await openTasks<TaskTables>({ service: service.type, database, clock, chance, log: silentLog, host: 'kilonova' })
      await look(service, tasks)
      await tasks.close()
    } finally {
      await database.close()
    }
  }
}

/** One line, and a second with the reason when something went wrong. */
function linesOf(service: string, { id, name, key, state, finished, updatedAt, fault }: TaskRecord): readonly string[] {
  const done = finished.length === 0 ? 'nothing done yet' : `done: ${finished.join(', ')}`
  const line = `${state.padEnd(8)} ${id}  ${service} ${name} of ${key}, since ${updatedAt}; ${done}`
  return fault ? [line, `         “${fault.step}” on ${fault.host}: ${fault.message}`] : [line]
}
