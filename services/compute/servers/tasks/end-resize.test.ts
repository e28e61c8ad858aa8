import { seededChance } from '@kilonova/platform/chance.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { carryOut } from '@kilonova/platform/tasks/carry-out.ts'
import { labour } from '@kilonova/platform/tasks/task.ts'
import { memoryJournal } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause, emptyDatabases, fakeTaskRooms } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import type { ServerMigration } from '../../server-migrations/server-migration.ts'
import { serverMigrationStore } from '../../server-migrations/store.ts'
import { serverStore } from '../store.ts'
import { revertResize } from './end-resize.ts'

const server = aServer(1, { vmState: 'resized', taskState: 'resize_reverting', host: 'host2', node: 'host2' })
const { id } = server

const aMove: ServerMigration = {
  ...{ id: aServer(2).id, number: 1, serverId: id, kind: 'resize', status: 'reverting', sourceHost: 'host1', sourceNode: 'host1' },
  ...{ destHost: 'host2', destNode: 'host2', destAddress: '127.0.0.1', oldFlavorId: '1', newFlavorId: '2', userId: null, projectId: null },
  ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: null },
}

let all: Databases
beforeEach(async () => {
  all = await emptyDatabases()
  await all.cell1.transaction(cause, async tx => {
    await serverStore(all.cell1).insert(tx, server)
    await serverMigrationStore(all.cell1).insert(tx, aMove)
  })
})
afterEach(async () => void (await Promise.all(Object.values(all).map(db => db.close()))))

/** What host2 takes away each time that it is asked to, and fails at the rest; then all. */
type Fault = 'the guest' | 'nothing'

/** Reverts a resize from host1 to host2 to its end. */
async function reverted(...faults: readonly Fault[]) {
  const rooms = fakeTaskRooms(all, { host1: 8192, host2: 8192 })
  const { guests, destroy } = rooms.hypervisors
  guests.set(id, { host: 'host2', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
  const left = [...faults]
  let asked = 0
  rooms.hypervisors.destroy = async (host, uuid, why) => {
    asked++
    const fault = left.shift()
    if (fault !== 'nothing') await destroy(host, uuid, why)
    if (fault) throw new Error('the directory is busy')
    return { destroyed: true }
  }
  const input = { serverId: id, was: 'resized', before: 'active', moveId: aMove.id, sourceHost: 'host1', sourceNode: 'host1' } as const
  const memory = memoryJournal({ name: 'a task', input: { ...input, oldFlavor: server.flavor } })
  const clock = virtualClock()
  const carrying = { clock, chance: seededChance(1), log: silentLog, host: 'host1', abandoned: new AbortController().signal }
  await clock.run(() => carryOut(memory.takeUp(), labour(revertResize, rooms), memory.journal, carrying))
  const { host, vmState, taskState } = (await rooms.store.findUnchecked(id)) ?? {}
  return { server: [vmState, taskState, host], guest: guests.get(id)?.host, asked }
}

test('a server whose resize is reverted is back where it was', async () => {
  expect(await reverted()).toEqual({ server: ['active', null, 'host1'], guest: 'host1', asked: 1 })
})

test('so it is when its files on the new host are in use for a moment longer than its guest is there', async () => {
  expect(await reverted('the guest')).toEqual({ server: ['active', null, 'host1'], guest: 'host1', asked: 2 })
})

test('where its files cannot be removed but its guest is gone, it is in ERROR where it came from: there is what was kept of it', async () => {
  expect(await reverted('the guest', 'the guest')).toEqual({ server: ['error', null, 'host1'], guest: undefined, asked: 2 })
})

test('where its guest cannot be taken away it is in ERROR where its guest is', async () => {
  expect(await reverted('nothing')).toEqual({ server: ['error', null, 'host2'], guest: 'host2', asked: 1 })
})
