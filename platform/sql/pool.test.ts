import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../clock.ts'
import { Pool } from './pool.ts'

function bench({ size = 2, alive = () => true }: { size?: number; alive?: () => boolean } = {}) {
  let made = 0
  let nowMs = 0
  const clock: Clock = { ...systemClock, monotonic: () => nowMs }
  const all: { id: number; dead: boolean; closed: boolean; close(): void }[] = []
  const connect = async () => {
    if (!alive()) throw new Error('refused')
    const connection = {
      id: ++made,
      dead: false,
      closed: false,
      close() {
        this.closed = true
      },
    }
    all.push(connection)
    return connection
  }
  const ping = async () => {
    if (!alive()) throw new Error('no answer')
  }
  const later = (ms: number) => {
    nowMs += ms
  }
  return { pool: new Pool({ clock, size, connect, ping }), all, later }
}

test('connections are used again, and no more are made than allowed', async () => {
  const { pool, all } = bench()
  const [a, b] = [await pool.lend(), await pool.lend()]
  const order: string[] = []
  const waiting = [1, 2].map(async name => {
    const connection = await pool.lend()
    order.push(`${name} got ${connection.id}`)
    pool.giveBack(connection, false)
  })
  pool.giveBack(b, false)
  await Promise.all(waiting)
  pool.giveBack(a, false)
  expect([order, all.length]).toEqual([['1 got 2', '2 got 2'], 2])
})

test('one that broke takes the idle ones with it', async () => {
  const { pool, all } = bench()
  const [a, b] = [await pool.lend(), await pool.lend()]
  pool.giveBack(a, false)
  pool.giveBack(b, true)
  expect([(await pool.lend()).id, all.map(connection => connection.closed)]).toEqual([3, [true, true, false]])
})

test('one that rested long is asked first, and replaced when it does not answer', async () => {
  let alive = true
  const { pool, all, later } = bench({ alive: () => alive })
  pool.giveBack(await pool.lend(), false)
  later(11_000)
  pool.giveBack(await pool.lend(), false)
  expect(all).toHaveLength(1)
  later(11_000)
  alive = false
  await expect(pool.lend()).rejects.toThrow('refused')
  alive = true
  expect((await pool.lend()).id).toBe(2)
})

test('when connecting fails all who wait are told', async () => {
  let alive = true
  const { pool } = bench({ size: 1, alive: () => alive })
  const a = await pool.lend()
  const waiting = [pool.lend(), pool.lend()]
  alive = false
  pool.giveBack(a, true)
  const ends = await Promise.allSettled(waiting)
  expect(ends.map(end => end.status)).toEqual(['rejected', 'rejected'])
  alive = true
  expect((await pool.lend()).id).toBe(2)
})

test('closing waits for what is lent', async () => {
  const { pool, all } = bench()
  const a = await pool.lend()
  let closed = false
  const closing = pool.close().then(() => {
    closed = true
  })
  await Promise.resolve()
  expect(closed).toBe(false)
  pool.giveBack(a, false)
  await closing
  expect(all[0]?.closed).toBe(true)
  await expect(pool.lend()).rejects.toMatchObject({ kind: 'unavailable' })
})
