import { seededChance } from '@kilonova/platform/chance.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { carryOut } from '@kilonova/platform/tasks/carry-out.ts'
import { type Task, labour } from '@kilonova/platform/tasks/task.ts'
import { memoryJournal } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause, emptyDatabases, fakeTaskRooms } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import type { ServerMigration } from '../../server-migrations/server-migration.ts'
import { serverMigrationStore } from '../../server-migrations/store.ts'
import type { Server } from '../server.ts'
import { serverStore } from '../store.ts'
import { forgetFailedMove } from './forget-failed-move.ts'
import { hardRebootServer, stopServer } from './power.ts'
import type { TaskRooms } from './rooms.ts'

const { id } = aServer(1)
const move: ServerMigration = {
  ...{ id: aServer(2).id, number: 7, serverId: id, kind: 'resize', status: 'error', sourceHost: 'host1', sourceNode: 'host1' },
  ...{ destHost: 'host1', destNode: 'host1', destAddress: '127.0.0.1', oldFlavorId: '1', newFlavorId: '2', userId: null, projectId: null },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: null },
}

let all: Databases
let rooms: ReturnType<typeof fakeTaskRooms>
let asked: unknown[]
beforeEach(async () => {
  all = await emptyDatabases()
  rooms = fakeTaskRooms(all, { host1: 8192, host2: 8192 })
  rooms.claims.set(id, 'host1').set(move.id, 'host1')
  asked = []
  rooms.hypervisors.confirmResize = async (host, wish) => {
    asked.push({ host, ...wish })
    return { dropped: true }
  }
})
afterEach(async () => void (await Promise.all(Object.values(all).map(db => db.close()))))

/** A server one of whose resizes failed, with its guest. */
async function aServerAfterIts(failedMove: object, more: Partial<Server>) {
  const server = aServer(1, { host: 'host1', node: 'host1', launchedAt: '2026-01-01T00:00:00.000Z', ...more })
  await all.cell1.transaction(cause, async tx => {
    await serverStore(all.cell1).insert(tx, server)
    await serverMigrationStore(all.cell1).insert(tx, { ...move, ...failedMove })
  })
  rooms.hypervisors.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
}

async function carriedOut<Input extends object, Saved extends object>(task: Task<Input, Saved, TaskRooms>, input: Input) {
  const memory = memoryJournal({ name: task.name, input })
  const clock = virtualClock()
  const carrying = { clock, chance: seededChance(1), log: silentLog, host: 'host1', abandoned: new AbortController().signal }
  await clock.run(() => carryOut(memory.takeUp(), labour(task, rooms), memory.journal, carrying))
}
const forgotten = () => carriedOut(forgetFailedMove, { serverId: id, moveId: move.id })

test('a server that leaves ERROR after a resize that failed has what was kept for it forgotten', async () => {
  await aServerAfterIts({}, { vmState: 'error', taskState: 'rebooting_hard' })
  await carriedOut(hardRebootServer, { serverId: id, was: 'error' })
  expect(await rooms.store.findUnchecked(id)).toMatchObject({ vmState: 'active', taskState: null })
  expect(rooms.forgotten).toEqual([move.id])
})

test('one that was well before has nothing to forget', async () => {
  await aServerAfterIts({}, { vmState: 'active', taskState: 'powering-off' })
  await carriedOut(stopServer, { serverId: id, was: 'active' })
  expect(rooms.forgotten).toEqual([])
})

test('what was kept goes where the server was, by the number of its move, and its claim is given back', async () => {
  await aServerAfterIts({}, { vmState: 'active', taskState: null })
  await forgotten()
  expect(asked).toEqual([{ host: 'host1', uuid: id, elsewhere: false, resize: 7 }])
  expect([...rooms.claims]).toEqual([[id, 'host1']])
})

test('of one that went on elsewhere its machine on the old host goes too', async () => {
  await aServerAfterIts({ sourceHost: 'host2' }, { vmState: 'active', taskState: null })
  await forgotten()
  expect(asked).toEqual([{ host: 'host2', uuid: id, elsewhere: true, resize: 7 }])
})

test('of one that is in ERROR again, is resized anew or is on no host nothing is touched', async () => {
  await aServerAfterIts({}, { vmState: 'error', taskState: null })
  await forgotten()
  for (const change of [{ vmState: 'resized' }, { vmState: 'shelved_offloaded', host: null }] as const) {
    const server = aServer(1, change)
    await all.cell1.transaction(cause, tx => serverStore(all.cell1).update(tx, server, 'changed'))
    await forgotten()
  }
  expect(asked).toEqual([])
  expect(rooms.claims.get(move.id)).toBe('host1')
})
