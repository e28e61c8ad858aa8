import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { cause } from '../kit.ts'
import { apiMigrations } from '../main.ts'
import type { ApiTables } from '../tables/api.ts'
import { firstFlavors } from './flavor.ts'
import { flavorStore } from './store.ts'

const flavor = {
  ...(firstFlavors[0] ?? { id: '' }),
  id: '42',
  name: 'Größe 🚀',
  isPublic: false,
  rxtxFactor: 1.5,
  description: 'x',
} as (typeof firstFlavors)[number]
const now = '2026-01-01T00:00:00.000Z'

export const flavorStoreSuite: Suite = open => {
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
}
