import { seededChance } from '@kilonova/platform/chance.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { carryOut } from '@kilonova/platform/tasks/carry-out.ts'
import { labour, type Task } from '@kilonova/platform/tasks/task.ts'
import { memoryJournal } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPort, fakePorts } from '../../kit/ports.ts'
import { aServer, cause, emptyDatabases, fakeTaskRooms, theImage } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import type { Server } from '../server.ts'
import type { TaskState, VmState } from '../states.ts'
import { serverStore } from '../store.ts'
import { hardRebootServer, startServer } from './power.ts'
import { rebuildServer } from './rebuild.ts'
import type { TaskRooms } from './rooms.ts'
import { unshelveServer } from './shelve.ts'
import { nicOf } from './wire.ts'

const { id } = aServer(1)
const [one, two] = [1, 2].map(n => aPort(n, { serverId: id, host: 'host1', vifType: 'bridge' })) as [
  ReturnType<typeof aPort>,
  ReturnType<typeof aPort>,
]

let all: Databases
let ports: ReturnType<typeof fakePorts>
beforeEach(async () => {
  all = await emptyDatabases()
  ports = fakePorts(one, two)
})
afterEach(async () => void (await Promise.all(Object.values(all).map(db => db.close()))))

interface Way {
  readonly task: Task<never, never, TaskRooms> | object
  readonly from: VmState
  readonly during: TaskState
  readonly input?: object
  readonly server?: Partial<Server>
}
const rebuilt: Way = { task: rebuildServer, from: 'active', during: 'rebuilding', input: { before: {} } }
const offHost = { host: null, systemMetadata: { shelved_image_id: theImage.id } }
const unshelved: Way = { task: unshelveServer, from: 'shelved_offloaded', during: 'unshelving', server: offHost }
// biome-ignore format: a table
const ways: readonly (readonly [name: string, way: Way])[] = [
  ['start',       { task: startServer,      from: 'stopped', during: 'powering-on' }],
  ['hard reboot', { task: hardRebootServer, from: 'active',  during: 'rebooting_hard' }],
  ['rebuild',     rebuilt],
  ['unshelve',    unshelved],
]

/** Carries it out to its end, and gives the server as it is then. */
async function carried({ task, from, during, input, server }: Way) {
  const before = aServer(1, { vmState: from, taskState: during, host: 'host1', node: 'host1', nics: [one, two].map(nicOf), ...server })
  await all.cell1.transaction(cause, async tx => void (await serverStore(all.cell1).insert(tx, before)))
  const rooms = { ...fakeTaskRooms(all, { host1: 8192 }), network: { ports } }
  if (before.host) rooms.hypervisors.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
  const memory = memoryJournal({ name: 'a task', input: { serverId: id, was: from, ...input } })
  const clock = virtualClock()
  const carrying = { clock, chance: seededChance(1), log: silentLog, host: 'host1', abandoned: new AbortController().signal }
  await clock.run(() => carryOut(memory.takeUp(), labour(task as Task<object, object, TaskRooms>, rooms), memory.journal, carrying))
  return { state: memory.record().state, server: await rooms.store.findUnchecked(id) }
}

test.each(ways)('%s leaves out a port that others deleted meanwhile', async (_, way) => {
  ports.all.delete(one.id)
  const { state, server } = await carried(way)
  expect([state, server?.vmState, server?.nics.map(({ portId }) => portId)]).toEqual(['done', 'active', [two.id]])
})

test.each(ways)('%s binds a port that could not be bound before', async (_, way) => {
  ports.all.set(one.id, { port: { ...one, vifType: 'binding_failed' }, ticket: undefined })
  expect((await carried(way)).state).toBe('done')
  expect(ports.all.get(one.id)?.port.vifType).toBe('bridge')
})

test.each(ways)('%s ends with a fault that names the port where it cannot be bound', async (_, way) => {
  ports.all.set(one.id, { port: { ...one, vifType: 'binding_failed' }, ticket: undefined })
  ports.deafHosts.add('host1')
  const { state, server } = await carried(way)
  expect([state, server?.taskState]).toEqual(['undone', null])
  expect(server?.fault?.message).toBe(`Binding failed for port ${one.id}, please check neutron logs for more information.`)
})

test.each([
  ['rebuild', rebuilt, 'error'],
  ['unshelve', unshelved, 'shelved_offloaded'],
] as const)('%s waits for its ports as a boot does, and tells of those that nobody wires', async (_, way, after) => {
  ports.idleHosts.add('host1')
  const { state, server } = await carried(way)
  expect([state, server?.vmState, server?.fault?.message]).toEqual(['undone', after, 'Virtual Interface creation failed'])
})
