import { expect, test } from 'vitest'
import type { LoggedChange } from './change.ts'
import { freshness } from './freshness.ts'
import { remembering } from './remembering.ts'

/** A log that others write to: nobody of this process hears of a commit. */
function logOfOthers() {
  const changes: LoggedChange[] = []
  return {
    append: (kind: string) =>
      void changes.push({ offset: changes.length + 1, kind, id: 'x', act: 'updated', at: '' } as unknown as LoggedChange),
    log: {
      head: async () => changes.length,
      read: async (since: number) => changes.slice(since),
      onCommit: () => () => {},
    },
  }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

function bench(most = 100) {
  const { append, log } = logOfOthers()
  const memory = remembering(freshness(log), { touches: ({ kind }) => kind === 'thing', most, weigh: () => 1 })
  let made = 0
  const ask = async (key = 'k') => {
    await turn()
    return memory.recall(key, async () => ({ number: ++made }))
  }
  return { append, ask, memory }
}

test('an answer is the same until a change touches it', async () => {
  const { append, ask } = bench()
  const first = await ask()
  append('other')
  expect(await ask()).toBe(first)
  append('thing')
  expect(await ask()).toEqual({ number: 2 })
})

test('who asks together waits for one answer', async () => {
  const { ask } = bench()
  const [one, other] = await Promise.all([ask(), ask()])
  expect(one).toBe(other)
})

test('what was being made when a change came is not kept', async () => {
  const { append, ask, memory } = bench()
  await ask('other')
  let finish: (answer: object) => void = () => {}
  await turn()
  const early = memory.recall('k', () => new Promise<object>(resolve => (finish = resolve)))
  await turn()
  append('thing')
  expect(await ask()).toEqual({ number: 2 })
  finish({ number: 'yesterday' })
  expect([await early, await ask()]).toEqual([{ number: 'yesterday' }, { number: 2 }])
})

test('a failure is not kept, and no more than fits', async () => {
  const { ask, memory } = bench(2)
  await expect(memory.recall('k', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await ask()).toEqual({ number: 1 })
  await ask('b')
  await ask('c')
  expect(await ask()).toEqual({ number: 4 })
})
