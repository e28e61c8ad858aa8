import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Suite } from '@kilonova/platform/sql/testing.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { capacityOf, fitsUnits, type Terms } from '../../inventories/inventory.ts'
import { cause, usualSettings, uuidOf } from '../../kit.ts'
import { build } from '../../main/build.ts'
import { migrations } from '../../migrations/all.ts'
import type { Tables } from '../../tables.ts'
import type { Claim } from '../allocation.ts'

const [nodeA, nodeB] = [uuidOf(1), uuidOf(2)]

const terms: fc.Arbitrary<Terms> = fc.record({
  total: fc.integer({ min: 4, max: 12 }),
  reserved: fc.integer({ min: 0, max: 3 }),
  minUnit: fc.integer({ min: 1, max: 2 }),
  maxUnit: fc.integer({ min: 2, max: 6 }),
  stepSize: fc.constantFrom(1, 1, 2),
  allocationRatio: fc.constantFrom(1, 1.5, 0.5),
})
const amount = fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined })
const claim = fc.record({ consumer: fc.integer({ min: 10, max: 14 }), a: amount, b: amount }).map(
  ({ consumer, a, b }): Claim => ({
    consumerUuid: uuidOf(consumer),
    allocations: { ...(a === undefined ? {} : { [nodeA]: { VCPU: a } }), ...(b === undefined ? {} : { [nodeB]: { VCPU: b } }) },
    projectId: 'p',
    userId: 'u',
  }),
)
type Act = { readonly claims: readonly Claim[] } | { readonly release: string }
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: claim.map(one => ({ claims: [one] })) },
  {
    weight: 1,
    arbitrary: fc.tuple(claim, claim).map(([one, other]) => ({ claims: one.consumerUuid === other.consumerUuid ? [one] : [one, other] })),
  },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 14 }).map(number => ({ release: uuidOf(number) })) },
)

/** What holds however many claim at once: on every engine, in every order. */
export const claimsSuite =
  (numRuns: number): Suite =>
  open => {
    const opened = async () => {
      const db = await open<Tables>(migrations)
      const logics = () => build({ settings: usualSettings, clock: systemClock, chance: seededChance(1) }, db)
      return { db, one: logics(), other: logics() }
    }

    describe('many claims at once', () => {
      test('never get more than there is, nor what is not given', async () => {
        const { db, one, other } = await opened()
        for (const [uuid, name] of [
          [nodeA, 'a'],
          [nodeB, 'b'],
        ] as const)
          await one.providers.create({ name, uuid }, cause)
        await fc.assert(
          fc.asyncProperty(terms, terms, fc.array(act, { minLength: 2, maxLength: 24 }), async (a, b, acts) => {
            await empty(db)
            await stock(one, nodeA, a)
            await stock(one, nodeB, b)
            await Promise.all(
              acts.map((wish, index) => {
                const { allocations } = index % 2 === 0 ? one : other
                const done =
                  'release' in wish ? allocations.release(wish.release, cause) : allocations.claim(wish.claims, why => why, cause)
                return done.catch(mustBeRefused)
              }),
            )
            for (const [uuid, kept] of [
              [nodeA, a],
              [nodeB, b],
            ] as const)
              await mustHold(db, uuid, kept)
          }),
          { numRuns },
        )
      })

      test('that all fit are all met', async () => {
        const { one } = await opened()
        await one.providers.create({ name: 'a', uuid: nodeA }, cause)
        await stock(one, nodeA, { total: 16, reserved: 0, minUnit: 1, maxUnit: 16, stepSize: 1, allocationRatio: 1 })
        const claims = Array.from(
          { length: 16 },
          (_, index): Claim => ({
            consumerUuid: uuidOf(100 + index),
            allocations: { [nodeA]: { VCPU: 1 } },
            projectId: 'p',
            userId: 'u',
            generation: null,
          }),
        )
        await Promise.all(claims.map(wish => one.allocations.claim([wish], why => why, cause)))
        expect((await one.inventories.list(nodeA)).inventories[0]?.used).toBe(16)
      })

      test('of one consumer by those who saw nobody: one of them is met', async () => {
        const { one, other } = await opened()
        await one.providers.create({ name: 'a', uuid: nodeA }, cause)
        await stock(one, nodeA, { total: 16, reserved: 0, minUnit: 1, maxUnit: 16, stepSize: 1, allocationRatio: 1 })
        const wish: Claim = {
          consumerUuid: uuidOf(100),
          allocations: { [nodeA]: { VCPU: 2 } },
          projectId: 'p',
          userId: 'u',
          generation: null,
        }
        const outcomes = await Promise.allSettled(
          Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? one : other).allocations.claim([wish], why => why, cause)),
        )
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'conflict', code: 'placement.concurrent_update' })
        expect((await one.inventories.list(nodeA)).inventories[0]?.used).toBe(2)
      })

      test('leave a provider that is written under its generation to one writer', async () => {
        const { one, other } = await opened()
        await one.providers.create({ name: 'a', uuid: nodeA }, cause)
        const writes = Array.from({ length: 6 }, (_, index) =>
          (index % 2 === 0 ? one : other).inventories.replace(nodeA, 0, { VCPU: usual(index + 1) }, { mayReserveAll: true }, cause),
        )
        const outcomes = await Promise.allSettled(writes)
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
        expect((await one.providers.get(nodeA)).generation).toBe(1)
      })
    })

    test('what several hosts make sure of at once is made by one of them', async () => {
      const { one, other } = await opened()
      const made = await Promise.all(
        [one, other, one, other].flatMap(({ traits, classes }) => [traits.ensure('CUSTOM_A', cause), classes.ensure('CUSTOM_A', cause)]),
      )
      expect(made.filter(isNew => isNew)).toHaveLength(2)
    })

    test('a tree that is moved under itself from two sides stays a tree', async () => {
      const { one, other } = await opened()
      await one.providers.create({ name: 'a', uuid: nodeA }, cause)
      await one.providers.create({ name: 'b', uuid: nodeB }, cause)
      await Promise.allSettled([
        one.providers.update(nodeA, { name: 'a', parentUuid: nodeB }, true, cause),
        other.providers.update(nodeB, { name: 'b', parentUuid: nodeA }, true, cause),
      ])
      const [a, b] = [await one.providers.get(nodeA), await one.providers.get(nodeB)]
      expect([a.parentUuid, b.parentUuid]).toContain(null)
      expect(a.rootUuid).toBe(b.rootUuid)
    })
  }

type Logics = ReturnType<typeof build>

const usual = (total: number): Terms => ({ total, reserved: 0, minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio: 1 })

async function stock({ providers, inventories }: Logics, uuid: string, kept: Terms) {
  const { generation } = await providers.get(uuid)
  await inventories.replace(
    uuid,
    generation,
    { VCPU: { ...kept, reserved: Math.min(kept.reserved, kept.total) } },
    { mayReserveAll: true },
    cause,
  )
}

const empty = (db: Database<Tables>) =>
  db.transaction(cause, tx =>
    tx.change([], async sql => {
      for (const table of ['allocation', 'consumer', 'inventory'] as const) await sql.deleteFrom(table).execute()
    }),
  )

/** A claim that is refused says so in one of placement's ways; anything else is a defect. */
function mustBeRefused(error: unknown) {
  if (!(error instanceof Refusal) || (error.kind !== 'conflict' && error.kind !== 'not-found')) throw error
}

async function mustHold({ read }: Database<Tables>, uuid: string, kept: Terms) {
  const rows = await read.selectFrom('allocation').select('used').where('provider_uuid', '=', uuid).execute()
  const { used } = await read.selectFrom('inventory').select('used').where('provider_uuid', '=', uuid).executeTakeFirstOrThrow()
  const taken = rows.reduce((sum, row) => sum + row.used, 0)
  expect(used).toBe(taken)
  expect(taken).toBeLessThanOrEqual(Math.max(0, capacityOf(kept)))
  for (const row of rows) expect(fitsUnits(kept, row.used)).toBe(true)
}
