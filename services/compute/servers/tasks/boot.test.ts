import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { taskSuite } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect } from 'vitest'
import { aServer, cause, burialIn, emptyDatabases, fakeHosts, oneImage } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import { serverStore } from '../store.ts'
import { bootServer } from './boot.ts'

const server = aServer(1)

let all: Databases
let db: Databases['cell1']
beforeEach(async () => {
  all = await emptyDatabases()
  db = all.cell1
  await db.transaction(cause, async tx => void (await serverStore(db).insert(tx, server)))
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

taskSuite(bootServer, {
  input: { serverId: server.id },
  rooms: () => ({
    ...{ store: serverStore(db), write: db.transaction, images: oneImage, clock: virtualClock(), burial: burialIn(all) },
    hosts: ['small', 'absent', 'host1'],
    hypervisors: fakeHosts({ small: 256, host1: 8192 }),
  }),
  async allThere({ store, hypervisors }) {
    expect(await store.findUnchecked(server.id)).toMatchObject({ vmState: 'active', taskState: null, powerState: 'running', host: 'host1' })
    expect(await hypervisors.list('host1', cause)).toEqual([{ uuid: server.id, name: 'instance-00000001', power: 'running' }])
  },
  async nothingLeft({ store, hypervisors, burial }) {
    const failed = (await store.findUnchecked(server.id)) ?? (await burial.store.findUnchecked(server.id))
    expect(failed).toMatchObject({ vmState: 'error', taskState: null, fault: { code: 500, message: 'no' } })
    expect(failed?.fault?.details).toMatch(/^The step “(choose a host|start the guest)” failed on host1: no$/)
    expect(await hypervisors.list('host1', cause)).toEqual([])
  },
})
