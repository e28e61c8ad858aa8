import { expect, test } from 'vitest'
import { aServer } from '../../kit.ts'
import type { Server } from '../server.ts'
import type { ServerStore } from '../store.ts'
import { listing } from './list.ts'

const sorts = [{ key: 'number', isDescending: true }] as const
const wish = { exact: {}, deleted: 'without', hidesSoftDeleted: true, tags: {}, sorts } as const

/** Two cells over given servers, and how often each was looked into. */
function counted(...cells: readonly (readonly Server[])[]) {
  const looks = cells.map(() => 0)
  const stores = cells.map((servers, nth) => ({
    findEvenDeletedUnchecked: async (id: string) => servers.find(one => one.id === id),
    search: async (_: unknown, limit: number, after?: Server) => {
      looks[nth] = (looks[nth] ?? 0) + 1
      return servers.filter(({ number }) => after === undefined || number < after.number).slice(0, limit)
    },
  }))
  const all = stores.map(store => ({ store: store as unknown as ServerStore, write: undefined as never }))
  return { looks, list: listing({ all, of: async () => all[0] } as never).list }
}

test('each cell is looked into once, however long the list is', async () => {
  const servers = Array.from({ length: 300 }, (_, n) => aServer(300 - n))
  const { looks, list } = counted(
    servers.filter(({ number }) => number % 2 === 0),
    servers.filter(({ number }) => number % 2 === 1),
  )
  const found = await list({ ...wish, limit: 200 })
  expect([found.map(({ number }) => number), looks]).toEqual([servers.slice(0, 200).map(({ number }) => number), [1, 1]])
})

test('what a database cannot tell is looked for further on, and a server in both cells is shown once', async () => {
  const servers = Array.from({ length: 1200 }, (_, n) => aServer(1200 - n))
  const { looks, list } = counted(servers, servers.slice(-1))
  const found = await list({ ...wish, limit: 2, suits: ({ number }) => number <= 2 })
  expect([found.map(({ number }) => number), looks]).toEqual([
    [2, 1],
    [3, 1],
  ])
})
