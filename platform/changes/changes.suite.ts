import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { type Database, openDatabase } from '../sql/database.ts'
import type { Suite } from '../sql/testing.ts'
import type { FollowOptions, LoggedChange } from './change.ts'

type Nothing = Record<never, never>

const cause = { requestId: 'req-1', globalRequestId: 'req-0', userId: 'u', projectId: 'p', domainId: 'd', why: 'POST /v3/projects' }

const write = (db: Database<Nothing>, ids: readonly string[], more: { projectId?: string; kind?: string } = {}) =>
  db.transaction(cause, tx =>
    tx.change(
      ids.map(id => ({ kind: 'test.region', id, act: 'created', ...more })),
      async () => undefined,
    ),
  )

/** The ids of the first `count` changes that a follower gets. */
async function firstIds(db: Database<Nothing>, since: number, count: number, options: FollowOptions = {}): Promise<string[]> {
  const ids: string[] = []
  for await (const change of db.changes.follow(since, options)) {
    ids.push(change.id)
    if (ids.length === count) break
  }
  return ids
}

export const changesSuite: Suite = (open, bench) => {
  test('a change tells what, who and why', async () => {
    const db = await open<Nothing>()
    const change = { kind: 'test.region', id: 'a', act: 'created', projectId: 'q', domainId: 'e', userId: 'v', after: { name: 'Zürich' } }
    await db.transaction(cause, tx => tx.change(change, async () => undefined))
    const [logged] = await db.changes.read(0)
    expect(logged).toEqual({ ...change, offset: 1, at: expect.stringMatching(/^\d{4}-.*Z$/), cause })
    expect([await db.changes.head(), await db.changes.oldest()]).toEqual([1, 1])
  })

  test('offsets are dense in commit order, however many write at once', async () => {
    const db = await open<Nothing>()
    await Promise.all(Array.from({ length: 60 }, (_, index) => write(db, index % 3 ? [`${index}`] : [`${index}`, `${index}+`])))
    const changes = await db.changes.read(0, { limit: 1000 })
    expect(changes.map(change => change.offset)).toEqual(Array.from({ length: 80 }, (_, index) => index + 1))
    for (const [index, change] of changes.entries())
      if (change.id.endsWith('+')) expect(changes[index - 1]?.id).toBe(change.id.slice(0, -1))
  })

  test('a transaction may make more changes than fit into one statement', async () => {
    const db = await open<Nothing>()
    await write(
      db,
      Array.from({ length: 1234 }, (_, index) => `${index}`),
    )
    const last = await db.changes.read(1200, { limit: 1000 })
    expect([await db.changes.head(), last.length, last.at(-1)?.id]).toEqual([1234, 34, '1233'])
  })

  test('readers see their project, kinds or resource only', async () => {
    const db = await open<Nothing>()
    await write(db, ['a'], { projectId: 'p' })
    await write(db, ['b'], { projectId: 'q' })
    await write(db, ['c'], { projectId: 'p', kind: 'test.room' })
    const ids = (changes: readonly LoggedChange[]) => changes.map(change => change.id)
    expect(ids(await db.changes.read(0, { projectId: 'p' }))).toEqual(['a', 'c'])
    expect(ids(await db.changes.read(0, { projectId: 'p', kinds: ['test.room'] }))).toEqual(['c'])
    expect(ids(await db.changes.read(0, { id: 'b' }))).toEqual(['b'])
    expect(ids(await db.changes.read(0, { kinds: [] }))).toEqual([])
    expect(await firstIds(db, 0, 1, { kinds: ['test.room'] })).toEqual(['c'])
  })

  test('followers get the old and wake for the new, each in order and once', async () => {
    const db = await open<Nothing>()
    await write(db, ['0', '1'])
    const all = Array.from({ length: 700 }, (_, index) => `${index}`)
    const followers = [firstIds(db, 0, 700), firstIds(db, 2, 698), firstIds(db, 0, 3, { projectId: 'mine' })]
    for (let index = 2; index < 700; index++) await write(db, [`${index}`], index % 200 === 50 ? { projectId: 'mine' } : {})
    expect(await Promise.all(followers)).toEqual([all, all.slice(2), ['50', '250', '450']])
  })

  test('a slow follower misses nothing', async () => {
    const db = await open<Nothing>()
    const got: number[] = []
    const controller = new AbortController()
    await write(db, ['first'])
    for await (const change of db.changes.follow(0, { signal: controller.signal })) {
      got.push(change.offset)
      if (change.offset === 1)
        await write(
          db,
          Array.from({ length: 3000 }, (_, index) => `${index}`),
        )
      if (change.offset === 3001) controller.abort()
    }
    expect(got).toEqual(Array.from({ length: 3001 }, (_, index) => index + 1))
  })

  test('following ends when aborted and when the database is closed', async () => {
    const db = await open<Nothing>()
    const controller = new AbortController()
    const aborted = firstIds(db, 0, 1, { signal: controller.signal })
    controller.abort()
    expect(await aborted).toEqual([])
    const ended = firstIds(db, 0, 1)
    await db.close()
    expect(await ended).toEqual([])
  })

  test('a commit of another process is seen when nudged, and by itself after a while', async () => {
    const url = await bench.url()
    const slow = new Set<() => void>()
    const clock: Clock = {
      ...systemClock,
      after: (ms, run) => {
        if (ms !== 5000) return systemClock.after(ms, run)
        slow.add(run)
        return { stop: () => void slow.delete(run) }
      },
    }
    const openIt = () => openDatabase<Nothing>({ url, service: 'test', migrations: [], clock, log: silentLog })
    const [here, there] = [await openIt(), await openIt()]
    const waits = async () => {
      while (slow.size === 0) await systemClock.sleep(2)
    }
    const heads: number[] = []
    const deaf = there.changes.onCommit(head => {
      heads.push(head)
      here.changes.nudge()
    })
    const nudged = firstIds(here, 0, 1)
    await waits()
    await write(there, ['a'])
    expect([await nudged, heads]).toEqual([['a'], [1]])

    deaf()
    const looking = firstIds(here, 1, 1)
    await waits()
    await write(there, ['b'])
    for (const look of slow) look()
    expect([await looking, heads]).toEqual([['b'], [1]])
    await here.close()
    await there.close()
  })

  test('what is pruned is gone for those who had not read it, and for nobody else', async () => {
    const db = await open<Nothing>()
    for (let index = 1; index <= 30; index++) await write(db, [`${index}`])
    expect(await db.changes.prune({ keepCount: 10 })).toBe(20)
    expect([await db.changes.head(), await db.changes.oldest()]).toEqual([30, 21])
    expect(await db.changes.read(20)).toHaveLength(10)
    await expect(db.changes.read(19)).rejects.toMatchObject({ kind: 'gone', extra: { oldest: 21 } })
    await expect(db.changes.read(3, { projectId: 'other' })).rejects.toMatchObject({ kind: 'gone' })
    await expect(firstIds(db, 3, 1)).rejects.toMatchObject({ kind: 'gone' })
    expect(await db.changes.prune({ keepMs: 0, keepCount: 1000 })).toBeGreaterThan(0)
    await expect(db.changes.read(20)).rejects.toMatchObject({ kind: 'gone' })
    await write(db, ['31'])
    expect(await db.changes.read(30)).toHaveLength(1)
  })
}
