import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cause, emptyDatabase, uuidOf } from '../kit.ts'
import { openPlacementRoom, type PlacementDatabase } from '../main.ts'
import type { CandidatesAsk, PlacementRoom, ProviderWish } from './placement.ts'

let db: PlacementDatabase
let room: PlacementRoom
beforeEach(async () => {
  db = await emptyDatabase()
  room = openPlacementRoom({ clock: systemClock, chance: seededChance(1) }, db)
})
afterEach(() => db.close())

const terms = (total: number) => ({ total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1 })
const host = (n: number, more: Partial<ProviderWish> = {}): ProviderWish => ({
  ...{ uuid: uuidOf(n), name: `host${n}`, stock: { VCPU: terms(4), MEMORY_MB: terms(1024) }, traits: ['COMPUTE_NODE'], aggregates: [] },
  ownsTrait: name => name.startsWith('COMPUTE_'),
  ownsAggregate: uuid => uuid === uuidOf(90),
  ...more,
})
const ask = (resources: Record<string, number>, more: Partial<CandidatesAsk> = {}): CandidatesAsk => ({
  groups: [{ suffix: '', resources, required: [], forbidden: [] }],
  ...{ memberOf: [], notMemberOf: [], rootRequired: [], rootForbidden: [], isolate: false, limit: 10, ...more },
})
const held = (consumer: number, provider: number, memory: number, generation: number | null = null) => ({
  ...{ consumerId: uuidOf(consumer), projectId: 'p', userId: 'u', generation, type: 'INSTANCE' },
  allocations: memory === 0 ? {} : { [uuidOf(provider)]: { MEMORY_MB: memory } },
})

test('a provider is made, made so, and left alone when it is so', async () => {
  expect(await room.ensureProvider(host(1), cause)).toBe(true)
  expect(await room.ensureProvider(host(1), cause)).toBe(false)
  expect(await room.ensureProvider(host(1, { traits: ['COMPUTE_NODE', 'COMPUTE_STATUS_DISABLED'] }), cause)).toBe(true)
  expect(await room.ensureProvider(host(1, { stock: { MEMORY_MB: terms(2048) }, aggregates: [uuidOf(90)] }), cause)).toBe(true)
  const [provider] = await room.providers(cause, [uuidOf(1), uuidOf(2)])
  expect(provider?.stock.get('MEMORY_MB')?.total).toBe(2048)
  expect(provider?.stock.get('VCPU')?.total).toBe(4)
  expect([...(provider?.traits ?? [])]).toEqual(['COMPUTE_NODE'])
  expect([...(provider?.aggregates ?? [])]).toEqual([uuidOf(90)])
})

test('a host that comes back under another id takes the name over', async () => {
  await room.ensureProvider(host(1), cause)
  await room.ensureProvider(host(2, { name: 'host1' }), cause)
  expect((await room.providers(cause)).map(({ uuid }) => uuid)).toEqual([uuidOf(2)])
})

test('what is held is no longer offered, moves in one step, and comes back', async () => {
  await room.ensureProvider(host(1), cause)
  await room.hold([held(10, 1, 1000)], cause)
  expect(await room.candidates(ask({ MEMORY_MB: 500 }), cause)).toEqual([])
  await room.hold([held(11, 1, 1000), held(10, 1, 0, 1)], cause)
  expect(await room.held([uuidOf(10), uuidOf(11)], cause)).toMatchObject([{ consumerId: uuidOf(11), type: 'INSTANCE' }])
  expect((await room.holders(uuidOf(1), cause)).map(({ consumerId }) => consumerId)).toEqual([uuidOf(11)])
  await room.hold([held(11, 1, 0, 1)], cause)
  const [offered] = await room.candidates(ask({ MEMORY_MB: 500 }), cause)
  expect(offered).toEqual({ rootUuid: uuidOf(1), allocations: new Map([[uuidOf(1), { MEMORY_MB: 500 }]]) })
})

test('who saw something else, or wants more than there is, is refused and told apart', async () => {
  await room.ensureProvider(host(1), cause)
  await room.hold([held(10, 1, 100)], cause)
  await expect(room.hold([held(10, 1, 200)], cause)).rejects.toMatchObject({ kind: 'conflict', code: 'placement.concurrent_update' })
  await expect(room.hold([held(11, 1, 1000)], cause)).rejects.toMatchObject({ kind: 'conflict', code: undefined })
})
