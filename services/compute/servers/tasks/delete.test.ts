import { taskSuite } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect } from 'vitest'
import { aServer, cause, emptyDatabases, fakeTaskRooms } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import { serverStore } from '../store.ts'
import { deleteServer } from './delete.ts'

const server = aServer(1, { vmState: 'active', taskState: 'deleting', powerState: 'running', host: 'host1' })

let all: Databases
let db: Databases['cell1']
beforeEach(async () => {
  all = await emptyDatabases()
  db = all.cell1
  await db.transaction(cause, async tx => void (await serverStore(db).insert(tx, server)))
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

taskSuite(deleteServer, {
  input: { serverId: server.id },
  rooms() {
    const rooms = fakeTaskRooms(all, { host1: 8192 })
    rooms.hypervisors.guests.set(server.id, { host: 'host1', state: { uuid: server.id, name: 'instance-00000001', power: 'running' } })
    return rooms
  },
  async allThere({ store, hypervisors }) {
    expect(await store.findUnchecked(server.id)).toBeUndefined()
    expect(await store.findEvenDeletedUnchecked(server.id)).toMatchObject({ vmState: 'deleted', taskState: null, isDeleted: true })
    expect(await hypervisors.list('host1', cause)).toEqual([])
  },
  /** What is deleted cannot come back: the server stays, says what went wrong, and may be deleted again. */
  async nothingLeft({ store }) {
    expect(await store.findUnchecked(server.id)).toMatchObject({
      vmState: 'error',
      taskState: null,
      fault: {
        message: 'no',
        details: expect.stringMatching(/“(destroy the guest|take the network away|give the host back|forget what was kept of it)”/),
      },
    })
  },
})
