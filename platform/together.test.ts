import { expect, test } from 'vitest'
import { together } from './together.ts'

function gathering(work: (things: readonly string[]) => Promise<unknown>) {
  const due: (() => void)[] = []
  const after = (_: number, run: () => void) => {
    due.push(run)
    return { stop: () => {} }
  }
  const add = together<string>({ after }, { ms: 10, most: 3, keyOf: thing => thing.slice(0, 1) }, work)
  return {
    add,
    pass: () => {
      for (const run of due.splice(0)) run()
    },
  }
}

test('what comes within a while is seen to in one go, no more than so many at a time', async () => {
  const goes: (readonly string[])[] = []
  const { add, pass } = gathering(async things => goes.push(things))
  const all = Promise.all(['a', 'b', 'c', 'd'].map(add))
  expect(goes).toEqual([])
  pass()
  await all
  expect(goes).toEqual([['a', 'b', 'c'], ['d']])
})

test('what comes while a go is under way is in the next', async () => {
  const goes: (readonly string[])[] = []
  const { add, pass } = gathering(async things => goes.push(things))
  const first = add('a')
  pass()
  const second = add('b')
  await first
  pass()
  await second
  expect(goes).toEqual([['a'], ['b']])
})

test('of one thing the last word counts', async () => {
  const goes: (readonly string[])[] = []
  const { add, pass } = gathering(async things => goes.push(things))
  const all = Promise.all([add('a1'), add('b1'), add('a2')])
  pass()
  await all
  expect(goes).toEqual([['b1', 'a2']])
})

test('each caller hears that its go failed, and the next go is another', async () => {
  let isDown = true
  const { add, pass } = gathering(async () => {
    if (isDown) throw new Error('down')
  })
  const failed = Promise.all([add('a'), add('b')])
  pass()
  await expect(failed).rejects.toThrow('down')
  isDown = false
  const well = add('a')
  pass()
  await well
})
