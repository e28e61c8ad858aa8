import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { startPlacement } from '@kilonova/stories/kit/placement.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mappingStore } from '../../cells/store.ts'
import { aServer, cause, emptyDatabases, rulesOf } from '../../kit.ts'
import { instanceActionStore } from '../../instance-actions/store.ts'
import type { Databases } from '../../main/databases.ts'
import { computeChecks } from '../../main/findings.ts'
import type { Server } from '../../servers/server.ts'
import { serverStore } from '../../servers/store.ts'
import { serviceLogic } from '../../services/logic.ts'
import { serviceStore } from '../../services/store.ts'
import { plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { buildScheduling } from '../../main/scheduling.ts'

let databases: Databases
let placement: Awaited<ReturnType<typeof startPlacement>>
let machine: { guests: GuestState[]; directories: string[]; destroyed: string[]; dropped: string[] }
beforeEach(async () => {
  databases = await emptyDatabases()
  placement = await startPlacement()
  machine = { guests: [], directories: [], destroyed: [], dropped: [] }
  await aHost()
})
afterEach(async () => {
  await Promise.all([...Object.values(databases).map(one => one.close()), placement.close()])
})

const rooms = { rules: () => rulesOf(), clock: systemClock, chance: seededChance(1) }
const living: Partial<Server> = {
  host: 'host1',
  node: 'host1',
  vmState: 'active',
  taskState: null,
  powerState: 'running',
  launchedAt: '2026-01-01',
}
const fourIds = aServer(1).id

/** host1, known to the services and to placement. */
async function aHost() {
  const { cell1 } = databases
  const { providers, book: _ } = buildScheduling({ databases, placement: placement.room, ...rooms })
  const services = serviceLogic({
    ...{ store: serviceStore(cell1), write: cell1.transaction, clock: systemClock, chance: seededChance(2) },
    ...{ mirrored: async () => [], forgotten: async () => {} },
  })
  const sizes = { vcpus: 8, memoryMb: 8192, diskGb: 100, freeDiskGb: 100, diskAvailableLeastGb: 100, runningGuests: 0 }
  await services.seen([{ host: 'host1', binary: 'nova-compute', facts: plainFacts({ host: 'host1', ...sizes }) }], cause)
  await providers.mirror(undefined, cause)
}

/** A server in all its places; each may be left out. */
async function aWholeServer(more: Partial<Server> = {}, { isMapped = true, hasGuest = true, isHeld = true } = {}) {
  const server = aServer(1, { ...living, ...more })
  await databases.cell1.transaction(cause, async tx => void (await serverStore(databases.cell1).insert(tx, server)))
  if (isMapped) await databases.api.transaction(cause, tx => mappingStore(databases.api).insert(tx, [server.id], server.projectId, 'cell1'))
  if (hasGuest) {
    machine.guests.push({ uuid: server.id, name: 'instance-00000001', power: 'running' })
    machine.directories.push(server.id)
  }
  if (isHeld) {
    const [provider] = await placement.room.providers(cause)
    const allocations = { [provider?.uuid ?? '']: { VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 } }
    const holder = { consumerId: server.id, projectId: server.projectId, userId: server.userId }
    await placement.room.hold([{ ...holder, allocations, generation: null, type: 'INSTANCE' }], cause)
  }
  return server
}

const checks = () =>
  computeChecks({
    ...{ ...rooms, databases, placement: placement.room },
    machines: [
      {
        ...{ host: 'host1', guests: async () => machine.guests, directories: async () => machine.directories },
        destroy: async uuid => void machine.destroyed.push(uuid),
        dropKept: async uuid => void machine.dropped.push(uuid),
      },
    ],
  })
const findings = async () => (await Promise.all(checks().map(one => one.look(cause)))).flat()
const said = async () => (await findings()).map(({ what }) => what)
async function repairAll() {
  for (const { repair } of await findings()) await repair?.run(cause)
}

test('of a cloud in which all agree nothing is found', async () => {
  await aWholeServer()
  expect(await said()).toEqual([])
})

test('a server that is on its way with no task about it is found, and set to ERROR', async () => {
  await aWholeServer({ taskState: 'powering-off' })
  expect(await said()).toEqual([`server vm1 (${fourIds}) is powering-off, and no task is about it`])
  await repairAll()
  expect(await serverStore(databases.cell1).findUnchecked(fourIds)).toMatchObject({
    vmState: 'error',
    taskState: null,
    fault: { code: 500 },
  })
})

test('a server whose guest is gone, or runs though it is stopped, is found', async () => {
  await aWholeServer({}, { hasGuest: false })
  expect(await said()).toEqual([`server vm1 (${fourIds}) is active, and host1 has no guest of it`])
  await databases.cell1.transaction(cause, async tx => {
    const found = aServer(1, { ...living, vmState: 'stopped' })
    await serverStore(databases.cell1).update(tx, found, 'stopped')
  })
  machine.guests.push({ uuid: fourIds, name: 'instance-00000001', power: 'running' })
  expect(await said()).toEqual([`server vm1 (${fourIds}) is stopped, and its guest on host1 is running`])
})

test('the guest, the files and the claim of a deleted server are found, and go', async () => {
  await aWholeServer({ vmState: 'deleted', isDeleted: true })
  machine.directories.push(`${fourIds}_resize`)
  expect((await said()).toSorted()).toEqual([
    `host1 is held for server vm1 (${fourIds}), which is not there`,
    `instance-00000001 runs on host1, and server vm1 (${fourIds}) was deleted`,
    `the directory ${fourIds} on host1 is left of server vm1 (${fourIds}), which was deleted`,
    `the directory ${fourIds}_resize on host1 is left of server vm1 (${fourIds}), which was deleted`,
  ])
  await repairAll()
  expect(machine.destroyed).toContain(fourIds)
  expect(await placement.room.held([fourIds], cause)).toEqual([])
})

test('what is kept for a resize that is over is found, and goes where the guest has disks besides', async () => {
  await aWholeServer()
  machine.directories.push(`${fourIds}_resize`)
  const sentence = `the directory ${fourIds}_resize on host1 is kept, though server vm1 (${fourIds}) is not being resized`
  expect(await said()).toEqual([sentence])
  await repairAll()
  expect(machine).toMatchObject({ dropped: [fourIds], destroyed: [] })
  machine.directories = [`${fourIds}_resize`]
  expect(await said()).toEqual([sentence])
  await repairAll()
  expect(machine).toMatchObject({ dropped: [fourIds], destroyed: [] })
})

test('a guest of another cloud on the same host is nobody’s finding', async () => {
  machine.guests.push({ uuid: aServer(9).id, name: 'instance-00000009', power: 'running' })
  machine.directories.push(aServer(9).id, '_base', 'locks')
  expect(await said()).toEqual([])
})

test('a server for which nothing is held, or too much, is found', async () => {
  const server = await aWholeServer({}, { isHeld: false })
  expect(await said()).toEqual([`server vm1 (${server.id}) is on host1, and nothing is held for it`])
  await repairAll()
  expect(await said()).toEqual([])
  await databases.cell1.transaction(cause, async tx => {
    await serverStore(databases.cell1).update(tx, { ...server, flavor: { ...server.flavor, vcpus: 2 } }, 'resized')
  })
  expect(await said()).toEqual([
    `server vm1 (${server.id}) needs 1 DISK_GB, 2 VCPU, 512 MEMORY_MB, and 1 DISK_GB, 1 VCPU, 512 MEMORY_MB is held for it`,
  ])
})

test('a server in a cell that its mapping does not name is found, and mapped anew', async () => {
  const { id } = await aWholeServer()
  await databases.api.transaction(cause, tx => mappingStore(databases.api).move(tx, id, 'cell0'))
  expect(await said()).toEqual([`server vm1 (${id}) is in cell1, and its mapping names another`])
  await repairAll()
  expect(await said()).toEqual([])
})

test('an action without an end, with nobody at work, is found and ended', async () => {
  const { id } = await aWholeServer()
  const times = { startedAt: '2026-01-01', updatedAt: '2026-01-01', finishedAt: null, message: null }
  const action = { id: aServer(7).id, serverId: id, requestId: 'req-1', action: 'stop', userId: null, projectId: null, ...times }
  await databases.cell1.transaction(cause, async tx => void (await instanceActionStore(databases.cell1).insert(tx, action)))
  expect(await said()).toEqual([`stop of server vm1 (${id}), asked by req-1, has no end`])
  await repairAll()
  expect(await said()).toEqual([])
})

test('work that is parked is found, and names what an operator may say', async () => {
  await databases.cell1.transaction(cause, tx =>
    tx.change([], async sql => {
      const texts = { input_json: '{}', saved_json: '{}', finished_json: '[]', undone_json: '[]', cause_json: '{}' }
      const times = { created_at: '2026-01-01', created_ms: 0, updated_at: '2026-01-01', deadline_ms: 0, owner: null, lease_until_ms: 0 }
      const fault_json = JSON.stringify({ step: 'undo: start the guest', host: 'host1', message: 'Nobody answers.' })
      const row = { id: 't1', name: 'server.boot', subject: fourIds, state: 'parked', turned: 1, attempts: 3, fault_json }
      await sql
        .insertInto('task')
        .values({ ...row, ...texts, ...times })
        .execute()
    }),
  )
  expect(await said()).toEqual([
    `task t1 (server.boot of ${fourIds}; “undo: start the guest” on host1: Nobody answers.) is parked (kilonova tasks retry t1 tries again)`,
  ])
})
