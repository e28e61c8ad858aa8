import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { aServer, cause } from '../kit.ts'
import { migrations } from '../main.ts'
import type { Tables } from '../tables.ts'
import type { Server } from './server.ts'
import { statesOf } from './states.ts'
import { serverStore } from './store.ts'
import { inOrder, type Search } from './store/search.ts'

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

  const search = (more: Partial<Search> = {}): Search => ({
    ...{ projectId: 'p-demo', exact: {}, deleted: 'without', hidesSoftDeleted: true, tags: {} },
    ...{ sorts: [created, { key: 'number', isDescending: true }], ...more },
  })
  const named = (found: readonly Server[]) => found.map(({ name }) => name)
  const filled = async (...servers: readonly Server[]) => {
    const db = await open<Tables>(migrations)
    const store = serverStore(db)
    await db.transaction(cause, async tx => {
      for (const server of servers) await store.insert(tx, server)
    })
    return store
  }

  test('pages follow each other without a gap, also among servers of one moment', async () => {
    const store = await filled(...[1, 2, 3, 4, 5].map(n => aServer(n)))
    const seen: string[] = []
    for (let after: Server | undefined; ; ) {
      const page = await store.search(search(), 2, after)
      seen.push(...named(page))
      after = page.at(-1)
      if (page.length < 2) break
    }
    expect(seen).toEqual(['vm5', 'vm4', 'vm3', 'vm2', 'vm1'])
  })

  test('an order by several keys is kept over pages, and what is nothing comes before all else', async () => {
    const placed = (n: number, host: string | null, vmState: Server['vmState'] = 'active') => aServer(n, { host, vmState })
    const store = await filled(placed(1, 'b'), placed(2, null), placed(3, 'a'), placed(4, 'b', 'stopped'), placed(5, null))
    const sorts = [
      { key: 'host', isDescending: false },
      { key: 'vm_state', isDescending: true },
      { key: 'number', isDescending: false },
    ] as const
    const all = await store.search(search({ sorts }), 9)
    expect(named(all)).toEqual(['vm2', 'vm5', 'vm3', 'vm4', 'vm1'])
    for (const [nth, after] of all.entries())
      expect(named(await store.search(search({ sorts }), 9, after))).toEqual(named(all.slice(nth + 1)))
    expect(all.toReversed().toSorted(inOrder(sorts))).toEqual(all)
  })

  test('tags narrow a list four ways, literally', async () => {
    const store = await filled(
      aServer(1, { tags: ['a', 'b'] }),
      aServer(2, { tags: ['a', '1%'] }),
      aServer(3, { tags: ['10'] }),
      aServer(4),
    )
    const by = async (tags: Search['tags']) =>
      named(await store.search(search({ tags, sorts: [{ key: 'number', isDescending: false }] }), 9))
    expect(await by({ all: ['a', 'b'] })).toEqual(['vm1'])
    expect(await by({ any: ['b', '10'] })).toEqual(['vm1', 'vm3'])
    expect(await by({ notAll: ['a', 'b'] })).toEqual(['vm2', 'vm3', 'vm4'])
    expect(await by({ notAny: ['a', '10'] })).toEqual(['vm4'])
    expect(await by({ any: ['1%'] })).toEqual(['vm2'])
  })

  test('a list is narrowed to states, flavors, locks, times and what is gone', async () => {
    const flavor = { ...aServer(1).flavor, id: '42' }
    const store = await filled(
      ...[
        aServer(1, { vmState: 'active', taskState: 'rebooting', flavor }),
        aServer(2, { vmState: 'active', taskState: null, lockedBy: 'owner' }),
      ],
      ...[
        aServer(3, { vmState: 'soft-delete' }),
        aServer(4, { vmState: 'deleted', isDeleted: true, updatedAt: '2027-01-01T00:00:00.000Z' }),
      ],
    )
    const by = async (more: Partial<Search>) =>
      named(await store.search(search({ ...more, sorts: [{ key: 'number', isDescending: false }] }), 9))
    expect(await by({})).toEqual(['vm1', 'vm2'])
    expect(await by({ states: statesOf('ACTIVE') })).toEqual(['vm2'])
    expect(await by({ states: statesOf('reboot') })).toEqual(['vm1'])
    expect(await by({ states: statesOf('SOFT_DELETED') })).toEqual(['vm3'])
    expect(await by({ flavorId: '42' })).toEqual(['vm1'])
    expect(await by({ flavorId: '4' })).toEqual([])
    expect([await by({ isLocked: true }), await by({ isLocked: false })]).toEqual([['vm2'], ['vm1']])
    expect(await by({ deleted: 'only', hidesSoftDeleted: false })).toEqual(['vm3', 'vm4'])
    expect(await by({ deleted: 'with', changedSince: '2026-06-01T00:00:00.000Z' })).toEqual(['vm4'])
    expect(await by({ exact: { id: [aServer(1).id, aServer(2).id], task_state: ['rebooting'] } })).toEqual(['vm1'])
  })
}

const created = { key: 'created_at', isDescending: true } as const
