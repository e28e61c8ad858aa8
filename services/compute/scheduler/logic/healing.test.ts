import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, cause } from '../../kit.ts'
import type { Server } from '../../servers/server.ts'
import { anAsk, type SchedulerBench, schedulerBench } from '../kit.ts'

let at: SchedulerBench
beforeEach(async () => {
  at = await schedulerBench([{ host: 'host1' }, { host: 'host2' }])
})
afterEach(() => at.close())

const running = (n: number, more: Partial<Server> = {}) =>
  aServer(n, { vmState: 'active', taskState: null, host: 'host1', launchedAt: '2026-01-01T00:00:00.000Z', ...more })
const held = async (n: number) => (await at.placement.held([aServer(n).id], cause))[0]
const claim = (n: number) => at.scheduling.claim(anAsk(n, { host: 'host1' }), cause)

test('a healthy cloud has nothing to heal', async () => {
  await claim(1)
  await at.insert(running(1))
  await claim(2)
  await at.insert(aServer(2))
  expect(await at.healing.heal(cause)).toEqual({ removed: [], made: [], failed: [] })
})

test('what a server lacks is made, and what nobody needs is given back', async () => {
  await at.insert(running(1))
  await claim(2)
  await claim(3)
  await at.insert(running(3, { isDeleted: true, vmState: 'deleted' }))
  await claim(4)
  await at.insert(aServer(4, { vmState: 'error', taskState: null }))
  const rehearsed = await at.healing.heal(cause, { rehearse: true })
  expect(await held(1)).toBeUndefined()
  const healed = await at.healing.heal(cause)
  expect(rehearsed).toEqual(healed)
  expect(healed.made).toEqual([{ serverId: aServer(1).id, host: 'host1' }])
  expect(healed.removed.map(one => one.consumerId).toSorted()).toEqual([2, 3, 4].map(n => aServer(n).id))
  expect(Object.values((await held(1))?.allocations ?? {})).toEqual([{ VCPU: 1, MEMORY_MB: 512, DISK_GB: 1 }])
  for (const n of [2, 3, 4]) expect(await held(n)).toBeUndefined()
})

test('a server that comes back from nowhere keeps its claim meanwhile', async () => {
  await claim(1)
  await at.insert(running(1, { vmState: 'shelved_offloaded', taskState: 'unshelving', host: null }))
  await claim(2)
  await at.insert(running(2, { vmState: 'shelved_offloaded', host: null }))
  expect((await at.healing.heal(cause)).removed).toEqual([{ consumerId: aServer(2).id, host: 'host1' }])
})

test('what others hold is their own affair', async () => {
  const [provider] = await at.placement.providers(cause)
  const hold = { projectId: 'p', userId: 'u', generation: null, allocations: { [provider?.uuid ?? '']: { DISK_GB: 5 } } }
  await at.placement.hold([{ ...hold, consumerId: aServer(9).id, type: 'VOLUME' }], cause)
  expect((await at.healing.heal(cause)).removed).toEqual([])
})

test('a server for which there is no room is named', async () => {
  await at.insert(running(1, { flavor: { ...aServer(1).flavor, memoryMb: 100_000 } }))
  expect((await at.healing.heal(cause)).failed).toMatchObject([{ serverId: aServer(1).id, host: 'host1' }])
})
