import { freshness } from '@kilonova/platform/changes/freshness.ts'
import { remembering } from '@kilonova/platform/changes/remembering.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Migration, openDatabase } from '@kilonova/platform/sql/database.ts'
import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { cause } from '../kit.ts'
import { apiMigrations } from '../main.ts'
import type { ApiTables } from '../tables/api.ts'
import { firstFlavors } from './flavor.ts'
import { flavorStore, touchesFlavors } from './store.ts'

const flavor = {
  ...(firstFlavors[0] ?? { id: '' }),
  id: '42',
  number: 7,
  name: 'Größe 🚀',
  isPublic: false,
  rxtxFactor: 1.5,
  description: 'x',
} as (typeof firstFlavors)[number]
const now = '2026-01-01T00:00:00.000Z'

export const flavorStoreSuite: Suite = (open, bench) => {
  test('a flavor is read as it was written, with its extra specs and the projects it was given to', async () => {
    const db = await open<ApiTables>(apiMigrations)
    const store = flavorStore(db)
    const whole = { ...flavor, extraSpecs: { 'hw:cpu_policy': 'shared' } }
    await db.transaction(cause, async tx => {
      await store.insert(tx, flavor, now)
      await store.writeSpecs(tx, whole)
      await store.give(tx, whole, 'p-demo')
    })
    expect(await store.find('42')).toEqual(whole)
    expect(await store.list()).toEqual([whole])
    expect([await store.projectsOf('42'), [...(await store.givenTo('p-demo'))]]).toEqual([['p-demo'], ['42']])
  })

  test('a number is never given to a second flavor, though the first is gone', async () => {
    const db = await open<ApiTables>(apiMigrations)
    const store = flavorStore(db)
    const take = () => db.transaction(cause, tx => store.takeNumber(tx))
    const first = await take()
    await db.transaction(cause, tx => store.insert(tx, { ...flavor, number: first }, now))
    await db.transaction(cause, async tx => void (await store.delete(tx, flavor)))
    expect([first, await take(), await take()]).toEqual([1, 2, 3])
  })

  test('flavors that were made before flavors had numbers get them in the order in which they were made', async () => {
    const url = await bench.url()
    const opened = (migrations: readonly Migration[]) =>
      openDatabase<ApiTables>({ url, service: 'compute', migrations, clock: systemClock, chance: seededChance(1), log: silentLog })
    const before = await opened(apiMigrations.filter(({ name }) => name !== '0008-flavor-numbers'))
    const made = [
      { id: 'z', created_at: '2026-01-01T00:00:00.000Z' },
      { id: 'a', created_at: '2026-03-01T00:00:00.000Z' },
      { id: 'm', created_at: '2026-02-01T00:00:00.000Z' },
    ]
    const sizes = { memory_mb: 1, vcpus: 1, disk_gb: 1, swap_mb: 0, ephemeral_gb: 0, rxtx_factor: 1, description: null }
    const rows = made.map(one => ({ ...one, ...sizes, name: one.id, is_public: true, disabled: false }))
    // Of the row types of today only the number is missing.
    await before.transaction(cause, tx =>
      tx.change([], sql =>
        sql
          .insertInto('flavor')
          .values(rows as never)
          .execute(),
      ),
    )
    await before.close()
    const db = await opened(apiMigrations)
    const store = flavorStore(db)
    expect((await store.list()).map(({ id, number }) => [id, number])).toEqual([
      ['a', 3],
      ['m', 2],
      ['z', 1],
    ])
    expect(await db.transaction(cause, tx => store.takeNumber(tx))).toBe(4)
    await db.close()
  })

  test('a flavor that is deleted leaves nothing, and its name is free', async () => {
    const db = await open<ApiTables>(apiMigrations)
    const store = flavorStore(db)
    await db.transaction(cause, async tx => {
      await store.insert(tx, flavor, now)
      await store.give(tx, flavor, 'p-demo')
    })
    await db.transaction(cause, async tx => void (await store.delete(tx, flavor)))
    expect([await store.find('42'), await store.isNamed(flavor.name), await store.projectsOf('42')]).toEqual([undefined, false, []])
  })

  test('what is remembered of flavors is never older than what was written', async () => {
    const db = await open<ApiTables>(apiMigrations)
    const memory = remembering(freshness(db.changes), { touches: touchesFlavors, most: 100, weigh: () => 1 })
    const store = flavorStore(db, memory)
    const seen = async () => [await store.find('42'), await store.list(), [...(await store.givenTo('p-demo'))]]
    const after = async (act: Parameters<typeof db.transaction<unknown>>[1]) => {
      await db.transaction(cause, act)
      return seen()
    }
    const specs = { ...flavor, extraSpecs: { 'hw:cpu_policy': 'shared' } }
    const described = { ...specs, description: 'y' }
    expect(await seen()).toEqual([undefined, [], []])
    expect(await after(tx => store.insert(tx, flavor, now))).toEqual([flavor, [flavor], []])
    expect(await after(tx => store.give(tx, flavor, 'p-demo'))).toEqual([flavor, [flavor], ['42']])
    expect(await after(tx => store.writeSpecs(tx, specs))).toEqual([specs, [specs], ['42']])
    expect(await after(tx => store.describe(tx, described))).toEqual([described, [described], ['42']])
    expect(await after(tx => store.take(tx, described, 'p-demo'))).toEqual([described, [described], []])
    expect(await after(tx => store.delete(tx, described))).toEqual([undefined, [], []])
  })
}
