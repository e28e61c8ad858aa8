import { taskSuite } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect } from 'vitest'
import { aServer, cause, emptyDatabases, fakeTaskRooms } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import { serverStore } from '../store.ts'
import { bootServer } from './boot.ts'

const server = aServer(1)

let all: Databases
let rooms: ReturnType<typeof fakeTaskRooms>
beforeEach(async () => {
  all = await emptyDatabases()
  await all.cell1.transaction(cause, async tx => void (await serverStore(all.cell1).insert(tx, server)))
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

taskSuite(bootServer, {
  input: { serverId: server.id },
  rooms: () => {
    rooms = fakeTaskRooms(all, { small: 256, host1: 8192 })
    return rooms
  },
  async allThere({ store, hypervisors }) {
    expect(await store.findUnchecked(server.id)).toMatchObject({
      ...{ vmState: 'active', taskState: null, powerState: 'running', host: 'host1', node: 'host1', availabilityZone: 'nova' },
    })
    expect(await hypervisors.list('host1', cause)).toEqual([{ uuid: server.id, name: 'instance-00000001', power: 'running' }])
    expect([...rooms.claims]).toEqual([[server.id, 'host1']])
  },
  async nothingLeft({ store, hypervisors, burial }) {
    const failed = (await store.findUnchecked(server.id)) ?? (await burial.store.findUnchecked(server.id))
    expect(failed).toMatchObject({ vmState: 'error', taskState: null, fault: { code: 500, message: 'no' } })
    expect(failed?.fault?.details).toMatch(
      /^The step “(choose a host|wire the network|start the guest|wait until its ports are wired)” failed on host1: no$/,
    )
    expect(await hypervisors.list('host1', cause)).toEqual([])
    expect([...rooms.claims]).toEqual([])
  },
})
