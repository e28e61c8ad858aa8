import { taskSuite } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPort, fakePorts } from '../../kit/ports.ts'
import { aServer, cause, emptyDatabases, fakeTaskRooms } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import { serverStore } from '../store.ts'
import { attachPort, detachPort, dropPort } from './ports.ts'
import { bind, nicOf } from './wire.ts'

const { id } = aServer(1)
const own = aPort(7)
const plugged = aPort(8, { serverId: id, host: 'host1', vifType: 'bridge' })

let all: Databases
let ports: ReturnType<typeof fakePorts>
let rooms: ReturnType<typeof fakeTaskRooms> & { network: { ports: typeof ports } }
beforeEach(async () => {
  all = await emptyDatabases()
  await all.cell1.transaction(cause, async tx => {
    const server = aServer(1, {
      vmState: 'active',
      taskState: null,
      host: 'host1',
      launchedAt: '2026-01-01T00:00:00.000Z',
      nics: [nicOf(plugged)],
    })
    await serverStore(all.cell1).insert(tx, server)
  })
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

function open() {
  ports = fakePorts(own, plugged)
  rooms = { ...fakeTaskRooms(all, { host1: 8192 }), network: { ports } }
  rooms.hypervisors.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
  rooms.hypervisors.cables.set(plugged.macAddress, id)
  return rooms
}
const cables = async () => ({
  known: (await rooms.store.findUnchecked(id))?.nics.map(({ portId }) => portId),
  held: [...ports.all.values()].flatMap(({ port }) => (port.serverId === id ? [port.id] : [])),
  plugged: [...rooms.hypervisors.cables.keys()],
})
const asBefore = { known: [plugged.id], held: [plugged.id], plugged: [plugged.macAddress] }

describe('a port of a network', () => {
  const made = aPort(3)
  taskSuite(attachPort, {
    input: { serverId: id, was: 'active', wanted: { networkId: 'n1' }, seesAll: false },
    rooms: open,
    allThere: async () =>
      expect(await cables()).toEqual({
        known: [plugged.id, made.id],
        held: [plugged.id, made.id],
        plugged: [plugged.macAddress, made.macAddress],
      }),
    nothingLeft: async () => expect(await cables()).toEqual(asBefore),
  })
})

describe('a port that is there', () => {
  taskSuite(attachPort, {
    input: { serverId: id, was: 'active', wanted: { portId: own.id }, seesAll: false },
    rooms: open,
    allThere: async () => expect((await cables()).known).toEqual([plugged.id, own.id]),
    async nothingLeft() {
      expect(await cables()).toEqual(asBefore)
      expect(ports.all.get(own.id)?.port).toMatchObject({ serverId: '', host: '' })
    },
  })
})

describe('a port that goes', () => {
  taskSuite(detachPort, {
    input: { serverId: id, was: 'active', nic: nicOf(plugged) },
    rooms: open,
    allThere: async () => expect(await cables()).toEqual({ known: [], held: [], plugged: [] }),
    // Where it went, though nobody heard of it, it is gone altogether.
    nothingLeft: async () => expect(await cables()).toEqual(ports.all.has(plugged.id) ? asBefore : { known: [], held: [], plugged: [] }),
  })
})

describe('a port that others deleted', () => {
  taskSuite(dropPort, {
    input: { serverId: id, nic: nicOf(plugged) },
    rooms() {
      open().network.ports.all.delete(plugged.id)
      return rooms
    },
    allThere: async () => expect(await cables()).toEqual({ known: [], held: [], plugged: [] }),
    nothingLeft: async () => expect((await cables()).known).toEqual([]),
  })
})

test('a port that cannot be bound on its host is told of', async () => {
  open().network.ports.deafHosts.add('host1')
  const port = await ports.add(
    { id, projectId: 'p-demo', name: 'vm1', availabilityZone: 'nova', securityGroups: [] },
    { networkId: 'n1' },
    't1',
    cause,
  )
  await expect(bind(rooms.network, [port.id], 'host1', cause)).rejects.toThrow(`Binding failed for port ${port.id}`)
})
