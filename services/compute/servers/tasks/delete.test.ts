import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { taskSuite } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect } from 'vitest'
import { aServer, cause, burialIn, emptyDatabases, fakeHosts, oneImage } from '../../kit.ts'
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
    const hypervisors = fakeHosts({ host1: 8192 })
    hypervisors.guests.set(server.id, { host: 'host1', state: { uuid: server.id, name: 'instance-00000001', power: 'running' } })
    return {
      store: serverStore(db),
      write: db.transaction,
      images: oneImage,
      clock: virtualClock(),
      burial: burialIn(all),
      hosts: ['host1'],
      hypervisors,
    }
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
      fault: { message: 'no', details: expect.stringContaining('“destroy the guest”') },
    })
  },
})
