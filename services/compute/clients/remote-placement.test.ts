import type { CandidatesAsk, PlacementRoom, ProviderWish } from '@kilonova/placement/contract/placement.ts'
import { startPlacementDoor } from '@kilonova/stories/kit/placement.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { remotePlacement } from './remote-placement.ts'

let at: Awaited<ReturnType<typeof startPlacementDoor>>
let remote: PlacementRoom
beforeEach(async () => {
  at = await startPlacementDoor()
  remote = remotePlacement({ client: at.client, token: { get: async () => 'a-token', forget: () => {} } })
})
afterEach(() => at.close())

const cause = () => ({ requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' })
const uuidOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const terms = (total: number) => ({ total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1 })
const host: ProviderWish = {
  ...{ uuid: uuidOf(1), name: 'host1', stock: { VCPU: { ...terms(4), allocationRatio: 4 }, MEMORY_MB: terms(1024) } },
  ...{ traits: ['COMPUTE_NODE', 'CUSTOM_GOLD'], aggregates: [uuidOf(90)], ownsTrait: () => true, ownsAggregate: () => true },
}
const ask = (more: Partial<CandidatesAsk> = {}): CandidatesAsk => ({
  groups: [{ suffix: '', resources: { MEMORY_MB: 500 }, required: ['CUSTOM_GOLD'], forbidden: [] }],
  ...{ memberOf: [[uuidOf(90)]], notMemberOf: [uuidOf(91)], rootRequired: ['COMPUTE_NODE'], rootForbidden: ['COMPUTE_STATUS_DISABLED'] },
  ...{ isolate: false, limit: 10, ...more },
})
const hold = (consumer: number, memory: number, generation: number | null = null) => ({
  ...{ consumerId: uuidOf(consumer), projectId: 'p', userId: 'u', generation, type: 'INSTANCE' },
  allocations: memory === 0 ? {} : { [uuidOf(1)]: { MEMORY_MB: memory } },
})

describe('placement in another process', () => {
  test('is told of a host once, and sees it as placement itself does', async () => {
    expect([await remote.ensureProvider(host, cause()), await remote.ensureProvider(host, cause())]).toEqual([true, false])
    const [seen] = await remote.providers(cause())
    const [there] = await at.room.providers(cause())
    expect(seen).toMatchObject({
      uuid: there?.uuid,
      name: 'host1',
      generation: there?.generation,
      traits: there?.traits,
      aggregates: there?.aggregates,
    })
    expect(seen?.stock.get('VCPU')).toEqual({ ...terms(4), allocationRatio: 4, used: 0 })
    expect(await remote.providers(cause(), [uuidOf(5)])).toEqual([])
    await remote.removeProvider(host.uuid, cause())
    await remote.removeProvider(host.uuid, cause())
    expect(await at.room.providers(cause())).toEqual([])
  })

  test('offers candidates, and what is left of them to the same request', async () => {
    await remote.ensureProvider(host, cause())
    await remote.hold([hold(10, 24)], cause())
    const mine = cause()
    const [offered] = await remote.candidates(ask(), mine)
    expect(offered).toEqual({ rootUuid: uuidOf(1), allocations: new Map([[uuidOf(1), { MEMORY_MB: 500 }]]) })
    const [summary] = await remote.providers(mine, [uuidOf(1)])
    expect(summary?.stock.get('MEMORY_MB')).toMatchObject({ total: 1024, used: 24 })
    expect(await remote.candidates(ask({ memberOf: [[uuidOf(92)]] }), mine)).toEqual([])
    expect(await remote.candidates(ask({ inTree: uuidOf(1) }), mine)).toHaveLength(1)
  })

  test('holds, moves and gives back, and tells who came second from who wants too much', async () => {
    await remote.ensureProvider(host, cause())
    await remote.hold([hold(10, 1000)], cause())
    await expect(remote.hold([hold(10, 10)], cause())).rejects.toMatchObject({ kind: 'conflict', code: 'placement.concurrent_update' })
    await expect(remote.hold([hold(11, 100)], cause())).rejects.toMatchObject({ kind: 'conflict', code: undefined })
    expect(await remote.held([uuidOf(10), uuidOf(11)], cause())).toEqual(await at.room.held([uuidOf(10), uuidOf(11)], cause()))
    await remote.hold([hold(11, 1000), hold(10, 0, 1)], cause())
    expect((await remote.holders(uuidOf(1), cause())).map(one => one.consumerId)).toEqual([uuidOf(11)])
    await remote.hold([hold(11, 0, 1)], cause())
    expect(await remote.holders(uuidOf(1), cause())).toEqual([])
  })

  test('that does not answer is unavailable; a token that was refused is asked for anew', async () => {
    const away = remotePlacement({
      client: { ask: () => Promise.reject(new Error('refused')) },
      token: { get: async () => 't', forget: () => {} },
    })
    await expect(away.held([uuidOf(1)], cause())).rejects.toMatchObject({ kind: 'unavailable', message: 'Placement does not answer.' })
    const forgotten: string[] = []
    let calls = 0
    const once = remotePlacement({
      client: { ask: wish => (calls++ === 0 ? Promise.resolve({ status: 401, header: () => undefined, body: '' }) : at.client.ask(wish)) },
      token: { get: async () => 'old', forget: text => void forgotten.push(text) },
    })
    expect(await once.held([uuidOf(1)], cause())).toEqual([])
    expect(forgotten).toEqual(['old'])
  })
})
