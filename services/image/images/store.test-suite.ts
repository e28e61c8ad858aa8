import type { Suite } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { memberStore } from '../members/store.ts'
import { migrations } from '../migrations/all.ts'
import { quotaStore } from '../quotas/store.ts'
import type { Tables } from '../tables.ts'
import type { Image, ListWish, Viewer } from './image.ts'
import { imageStore } from './store/store.ts'

const cause = { requestId: 'req-1', why: 'test' }
const viewer = (projectId: string, isAdmin = false): Viewer => ({ projectId, userId: 'u', isAdmin, roles: [] })
const image = (id: string, more: Partial<Image> = {}): Image => ({
  id,
  name: id,
  owner: 'p1',
  visibility: 'private',
  status: 'active',
  diskFormat: 'raw',
  containerFormat: 'bare',
  minDiskGb: 0,
  minRamMb: 0,
  isProtected: false,
  isHidden: false,
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
  locations: [],
  tags: [],
  properties: {},
  receiver: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...more,
})
const asked: ListWish = {
  viewer: viewer('p1'),
  memberStatus: 'accepted',
  visibility: undefined,
  isHidden: false,
  isProtected: undefined,
  owner: undefined,
  tags: [],
  oneOf: {},
  numbers: [],
  times: [],
  properties: {},
  sort: [{ field: 'id', way: 'asc' }],
  after: undefined,
  limit: 100,
}

/** Sight, filters and pages, as every engine has to answer them. */
export const imageStoreSuite: Suite = open => {
  const made = async (...images: Image[]) => {
    const db = await open<Tables>(migrations)
    const store = imageStore(db)
    await db.transaction(cause, async tx => {
      for (const one of images) await store.insert(tx, one)
    })
    return { db, store, list: async (wish: Partial<ListWish>) => (await store.list({ ...asked, ...wish })).map(({ id }) => id) }
  }

  test('an image is found as it was kept', async () => {
    const whole = image('a', {
      sizeBytes: 2 ** 45,
      isProtected: true,
      tags: ['a', 'z', 'ä'],
      properties: { Colour: 'red', colour: 'x'.repeat(60_000) },
      locations: [{ url: 'file:///a', store: 'file', metadata: { n: 1 } }],
    })
    const { store } = await made(whole)
    expect(await store.findUnchecked('a')).toEqual(whole)
    expect(await store.findUnchecked('A')).toBeUndefined()
  })

  test('a list shows one’s own, the public and what was shared and accepted', async () => {
    const { db, list } = await made(
      image('own'),
      image('public', { owner: 'p2', visibility: 'public' }),
      image('community', { owner: 'p2', visibility: 'community' }),
      image('shared', { owner: 'p2', visibility: 'shared' }),
      image('private', { owner: 'p2' }),
    )
    const member = { imageId: 'shared', projectId: 'p1', status: 'pending', createdAt: '', updatedAt: '' } as const
    await db.transaction(cause, async tx => {
      await memberStore(db).insert(tx, member)
    })
    expect(await list({})).toEqual(['own', 'public'])
    expect(await list({ visibility: 'all' })).toEqual(['community', 'own', 'public'])
    expect(await list({ visibility: 'shared', memberStatus: 'pending' })).toEqual(['shared'])
    expect(await list({ viewer: viewer('p3', true), visibility: 'all' })).toEqual(['community', 'own', 'private', 'public', 'shared'])
  })

  test('filters agree on every engine', async () => {
    const { list } = await made(
      image('a', { sizeBytes: 5, tags: ['x', 'y'], properties: { os: 'Linux' } }),
      image('b', { sizeBytes: 50, tags: ['x'], properties: { os: 'linux' }, isProtected: true, createdAt: '2026-02-01T00:00:00.500Z' }),
      image('c', { name: null, isHidden: true }),
    )
    expect(await list({ tags: ['x', 'y'] })).toEqual(['a'])
    expect(await list({ properties: { os: 'linux' } })).toEqual(['b'])
    expect(await list({ numbers: [{ field: 'size', is: '>=', than: 6 }] })).toEqual(['b'])
    expect(await list({ isProtected: false })).toEqual(['a'])
    expect(await list({ isHidden: true })).toEqual(['c'])
    expect(await list({ oneOf: { name: ['a', 'B'] } })).toEqual(['a'])
    expect(await list({ times: [{ field: 'created_at', is: '=', than: '2026-02-01T00:00:00' }] })).toEqual(['b'])
  })

  test('pages follow each other, with what is nothing as the smallest', async () => {
    const { store } = await made(
      image('a', { sizeBytes: 5 }),
      image('b'),
      image('c', { sizeBytes: 5 }),
      image('d', { sizeBytes: 1 }),
      image('e'),
    )
    for (const [way, order] of [
      ['asc', 'bedac'],
      ['desc', 'cadeb'],
    ] as const) {
      const seen: string[] = []
      for (let after: Image | undefined; ; ) {
        const page = await store.list({
          ...asked,
          sort: [
            { field: 'size', way },
            { field: 'id', way },
          ],
          after,
          limit: 2,
        })
        seen.push(...page.map(({ id }) => id))
        after = page.at(-1)
        if (page.length < 2) break
      }
      expect(seen.join('')).toBe(order)
    }
  })

  test('what a project uses is counted', async () => {
    const location = { url: 'file:///x', store: 'file', metadata: {} }
    const { db } = await made(
      image('a', { sizeBytes: 2 ** 33, locations: [location, location] }),
      image('b', { status: 'queued' }),
      image('c', { owner: 'p2', sizeBytes: 1 }),
    )
    const quotas = quotaStore(db)
    expect([await quotas.countStored('p1'), await quotas.count('p1', undefined)]).toEqual([2 ** 34, { images: 2, bytes: 2 ** 33 }])
  })

  test('of two who take an image from queued, one is told so', async () => {
    const { db, store } = await made(image('a', { status: 'queued' }))
    const take = () => db.transaction(cause, tx => store.update(tx, image('a', { status: 'saving' }), { from: 'queued' }))
    expect((await Promise.all([take(), take()])).sort()).toEqual([false, true])
  })
}
