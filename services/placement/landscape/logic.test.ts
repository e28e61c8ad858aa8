import { freshness } from '@kilonova/platform/changes/freshness.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cause, emptyDatabase, logicsOver, uuidOf } from '../kit.ts'
import type { Logics } from '../routes.ts'
import { emptyLandscape, type Landscape } from './landscape.ts'
import { landscapeLogic } from './logic.ts'
import { landscapeStore } from './store.ts'

type Act = (logics: Logics) => Promise<unknown>

const provider = fc.integer({ min: 1, max: 4 })
const aggregate = uuidOf(77)
const generationOf = async ({ providers }: Logics, uuid: string) => (await providers.get(uuid)).generation
const vcpus = (total: number) => ({ VCPU: { total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1 } })
const nameOf = (number: number) => `host-${number}`

/** Something a client may do; what is refused changes nothing. */
const act: fc.Arbitrary<Act> = fc.oneof(
  provider.map(
    (number): Act =>
      logics =>
        logics.providers.create({ name: nameOf(number), uuid: uuidOf(number) }, cause),
  ),
  provider.map(
    (number): Act =>
      logics =>
        logics.providers.delete(uuidOf(number), cause),
  ),
  fc.tuple(provider, fc.option(provider)).map(
    ([number, above]): Act =>
      logics =>
        logics.providers.update(uuidOf(number), { name: nameOf(number), parentUuid: above === null ? null : uuidOf(above) }, true, cause),
  ),
  fc.tuple(provider, fc.integer({ min: 1, max: 8 })).map(
    ([number, total]): Act =>
      async logics =>
        logics.inventories.replace(
          uuidOf(number),
          await generationOf(logics, uuidOf(number)),
          vcpus(total),
          { mayReserveAll: true },
          cause,
        ),
  ),
  fc.tuple(provider, fc.subarray(['HW_CPU_X86_VMX', 'MISC_SHARES_VIA_AGGREGATE'])).map(
    ([number, traits]): Act =>
      async logics =>
        logics.traits.setOfProvider(uuidOf(number), await generationOf(logics, uuidOf(number)), traits, cause),
  ),
  fc.tuple(provider, fc.boolean()).map(
    ([number, isIn]): Act =>
      logics =>
        logics.aggregates.set(uuidOf(number), isIn ? [aggregate] : [], undefined, cause),
  ),
  fc.tuple(provider, fc.integer({ min: 1, max: 4 })).map(
    ([number, amount]): Act =>
      logics => {
        const claim = { consumerUuid: uuidOf(50), allocations: { [uuidOf(number)]: { VCPU: amount } }, projectId: 'p', userId: 'u' }
        return logics.allocations.claim([claim], why => why, cause)
      },
  ),
  fc.constant<Act>(logics => logics.allocations.release(uuidOf(50), cause)),
)

test('what is kept in memory is what is kept in the tables, after whatever anybody did', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(act, fc.boolean()), { minLength: 5, maxLength: 30 }), async acts => {
      const db = await emptyDatabase()
      const here = logicsOver(db)
      const elsewhere = landscapeLogic({ store: landscapeStore(db), fresh: freshness(db.changes) })
      for (const [act, isLookedAt] of acts) {
        await act(here).catch(() => undefined)
        if (!isLookedAt) continue
        const all = emptyLandscape()
        for (const place of await landscapeStore(db).list()) all.put(place)
        expect(seen(await here.landscape.current())).toEqual(seen(all))
        expect(seen(await elsewhere.current())).toEqual(seen(all))
      }
      await db.close()
    }),
    { numRuns: 40 },
  )
})

/** All that can be asked of a landscape. */
function seen(land: Landscape) {
  const sorted = (places: Landscape['places']) => [...places.values()].toSorted((a, b) => (a.uuid < b.uuid ? -1 : 1))
  return {
    places: sorted(land.places),
    hasTrees: land.hasTrees(),
    trees: [1, 2, 3, 4].map(number => sorted(land.treeOf(uuidOf(number)))),
    having: sorted(land.having('VCPU')),
    marked: sorted(land.marked('HW_CPU_X86_VMX')),
    sharing: sorted(land.marked('MISC_SHARES_VIA_AGGREGATE')),
    inAggregate: sorted(land.inAggregate(aggregate)),
  }
}

test('a failure to read is told, and not kept', async () => {
  const db = await emptyDatabase()
  await logicsOver(db).providers.create({ name: 'host', uuid: uuidOf(1) }, cause)
  const store = landscapeStore(db)
  let fails = true
  const landscape = landscapeLogic({
    store: { list: uuids => (fails ? Promise.reject(new Error('away')) : store.list(uuids)) },
    fresh: freshness(db.changes),
  })
  await expect(landscape.current()).rejects.toThrow('away')
  fails = false
  expect((await landscape.current()).places.size).toBe(1)
  await db.close()
})
