import { seededChance } from '@kilonova/platform/chance.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { carryOut } from '@kilonova/platform/tasks/carry-out.ts'
import { labour, type Task } from '@kilonova/platform/tasks/task.ts'
import { memoryJournal } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause, emptyDatabases, fakeTaskRooms } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import type { Server } from '../server.ts'
import { serverStore } from '../store.ts'
import type { TaskRooms } from './rooms.ts'
import type { Asked } from './settle.ts'
import { offloadServer, shelveServer } from './shelve.ts'

const { id } = aServer(1)
const image = {
  ...{ id: 'c0ffee00-0000-4000-8000-000000000008', name: 'copy', ownerId: 'p-demo', visibility: 'private', diskFormat: 'qcow2' },
  ...{ containerFormat: 'bare', minDiskGb: 1, minRamMb: 0, properties: {} },
} as const

let all: Databases
beforeEach(async () => {
  all = await emptyDatabases()
})
afterEach(async () => void (await Promise.all(Object.values(all).map(db => db.close()))))

/** Carries it out to its end, about a server like this. */
async function carried(task: object, server: Partial<Server>, input: object) {
  const before = aServer(1, { host: 'host1', node: 'host1', launchedAt: '2026-01-01T00:00:00.000Z', ...server })
  await all.cell1.transaction(cause, async tx => void (await serverStore(all.cell1).insert(tx, before)))
  const offloads: string[] = []
  const rooms = { ...fakeTaskRooms(all, { host1: 8192 }), offload: async (_: object, { serverId }: Asked) => void offloads.push(serverId) }
  rooms.hypervisors.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
  const memory = memoryJournal({ name: 'a task', input: { serverId: id, was: 'active', ...input } })
  const clock = virtualClock()
  const carrying = { clock, chance: seededChance(1), log: silentLog, host: 'host1', abandoned: new AbortController().signal }
  await clock.run(() => carryOut(memory.takeUp(), labour(task as Task<object, object, TaskRooms>, rooms), memory.journal, carrying))
  return { state: memory.record().state, offloads, server: await rooms.store.findUnchecked(id) }
}

const shelving = { image, path: '/nowhere/copy', offloads: true }

test('a server that is shelved leaves its host by work of its own', async () => {
  const { offloads, server } = await carried(shelveServer, { vmState: 'active', taskState: 'shelving' }, shelving)
  expect([offloads, server?.vmState, server?.taskState]).toEqual([[id], 'shelved', 'shelving_offloading'])
})

test.each(['deleting', 'soft-deleting'] as const)(
  'one that is %s when it is shelved does not: who deletes it sees to its host',
  async taskState => {
    const { state, offloads, server } = await carried(shelveServer, { vmState: 'active', taskState }, shelving)
    expect([state, offloads, server?.vmState, server?.taskState]).toEqual(['done', [], 'shelved', taskState])
  },
)

test('the work that takes a shelved server off its host ends where the server was deleted meanwhile', async () => {
  const { state, server } = await carried(offloadServer, { vmState: 'deleted', taskState: null, isDeleted: true }, { was: 'shelved' })
  expect([state, server]).toEqual(['undone', undefined])
})
