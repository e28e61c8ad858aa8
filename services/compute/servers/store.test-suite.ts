import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { aServer, cause } from '../kit.ts'
import { migrations } from '../main.ts'
import type { Tables } from '../tables.ts'
import type { Server } from './server.ts'
import { serverStore } from './store.ts'

export const serverStoreSuite: Suite = open => {
  test('servers that are made at once get different numbers, and a number never comes again', async () => {
    const db = await open<Tables>(migrations)
    const store = serverStore(db)
    const make = (n: number) =>
      db.transaction(cause, async tx => {
        const number = await store.takeNumber(tx)
        await store.insert(tx, { ...aServer(n), number })
        return number
      })
    const numbers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(make))
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const failing = db.transaction(cause, async tx => {
      await store.takeNumber(tx)
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await make(9)).toBe(9)
  })

  test('a server is read as it was written, and a deleted one only by those who ask for it', async () => {
    const db = await open<Tables>(migrations)
    const store = serverStore(db)
    const server = aServer(7, {
      name: 'Täglich „läuft“ 🚀',
      metadata: { role: 'db' },
      fault: { code: 500, message: 'no', details: 'host1', createdAt: '2026-01-01T00:00:00.000Z' },
    })
    await db.transaction(cause, async tx => void (await store.insert(tx, server)))
    expect(await store.findUnchecked(server.id)).toEqual(server)
    const gone = { ...server, isDeleted: true, vmState: 'deleted' } as const
    await db.transaction(cause, async tx => void (await store.update(tx, gone, 'deleted')))
    expect([await store.findUnchecked(server.id), await store.findEvenDeletedUnchecked(server.id)]).toEqual([undefined, gone])
  })

  test('pages follow each other without a gap, also among servers of one moment', async () => {
    const db = await open<Tables>(migrations)
    const store = serverStore(db)
    for (const n of [1, 2, 3, 4, 5]) await db.transaction(cause, async tx => void (await store.insert(tx, aServer(n))))
    const seen: string[] = []
    for (let before: Server | undefined; ; ) {
      const page = await store.list({ projectId: 'p-demo', limit: 2, before })
      seen.push(...page.map(({ name }) => name))
      before = page.at(-1)
      if (page.length < 2) break
    }
    expect(seen).toEqual(['vm5', 'vm4', 'vm3', 'vm2', 'vm1'])
  })
}
