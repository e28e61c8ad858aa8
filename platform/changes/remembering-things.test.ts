import { expect, test } from 'vitest'
import type { LoggedChange } from './change.ts'
import { freshness } from './freshness.ts'
import { rememberingThings } from './remembering-things.ts'

interface Thing {
  readonly id: string
  readonly size: number
}

/** A table that others write to, with their changes. */
function bench(keeps: (thing: Thing) => boolean = () => true) {
  const rows = new Map<string, Thing>()
  const changes: LoggedChange[] = []
  const reads: (readonly string[])[] = []
  const log = { head: async () => changes.length, read: async (since: number) => changes.slice(since), onCommit: () => () => {} }
  const touched = ({ kind, id }: LoggedChange) => (kind === 'thing' ? id : kind === 'house' ? ('all' as const) : undefined)
  const things = rememberingThings<Thing>(freshness(log), { touched, keeps, most: 100 })
  const say = (kind: string, id: string) =>
    void changes.push({ offset: changes.length + 1, kind, id, act: 'updated', at: '' } as unknown as LoggedChange)
  const put = (id: string, size: number) => {
    rows.set(id, { id, size })
    say('thing', id)
  }
  const ask = async (ids: readonly string[], read = async (some: readonly string[]) => some.flatMap(id => rows.get(id) ?? [])) => {
    await new Promise(resolve => setImmediate(resolve))
    return things.recall(ids, some => {
      reads.push(some)
      return read(some)
    })
  }
  return { rows, reads, say, put, ask }
}

test('things are read once, and each again when it changed', async () => {
  const { reads, put, ask } = bench()
  for (const id of ['a', 'b', 'c']) put(id, 1)
  const first = await ask(['c', 'a', 'b'])
  expect(first.map(({ id }) => id)).toEqual(['c', 'a', 'b'])
  put('a', 2)
  const second = await ask(['a', 'b'])
  expect(second).toEqual([
    { id: 'a', size: 2 },
    { id: 'b', size: 1 },
  ])
  expect(second[1]).toBe(first[2])
  expect(reads).toEqual([['c', 'a', 'b'], ['a']])
})

test('a thing that is gone is left out', async () => {
  const { rows, say, put, ask } = bench()
  put('a', 1)
  put('b', 1)
  await ask(['a', 'b'])
  rows.delete('a')
  say('thing', 'a')
  expect(await ask(['a', 'b'])).toEqual([{ id: 'b', size: 1 }])
})

test('what all are made from changes all of them, and what is none of theirs changes none', async () => {
  const { reads, say, put, ask } = bench()
  put('a', 1)
  await ask(['a'])
  say('garden', 'g')
  await ask(['a'])
  expect(reads).toHaveLength(1)
  say('house', 'h')
  await ask(['a'])
  expect(reads).toHaveLength(2)
})

test('what was being read when a change came is not kept', async () => {
  const { put, ask } = bench()
  put('a', 1)
  await ask([])
  let finish: (things: Thing[]) => void = () => {}
  const early = ask(['a'], () => new Promise<Thing[]>(resolve => (finish = resolve)))
  await new Promise(resolve => setImmediate(resolve))
  put('a', 2)
  expect(await ask(['a'])).toEqual([{ id: 'a', size: 2 }])
  finish([{ id: 'a', size: 1 }])
  expect(await early).toEqual([{ id: 'a', size: 1 }])
  expect(await ask(['a'])).toEqual([{ id: 'a', size: 2 }])
})

test('a thing that is made from more than its changes tell is read every time', async () => {
  const { reads, put, ask } = bench(({ size }) => size < 10)
  put('large', 10)
  await ask(['large'])
  await ask(['large'])
  expect(reads).toEqual([['large'], ['large']])
})
