import { expect, test } from 'vitest'
import { atMost } from './at-most.ts'

test('no more than so many go on at once, also when one fails, and all get their turn in order', async () => {
  const limited = atMost(2)
  const gates = [0, 1, 2, 3].map(() => Promise.withResolvers<void>())
  const begun: number[] = []
  const all = gates.map(({ promise }, nth) =>
    limited(async () => {
      begun.push(nth)
      await promise
      if (nth === 0) throw new Error('broken')
    }),
  )
  await Promise.resolve()
  expect(begun).toEqual([0, 1])
  gates[0]?.resolve()
  await expect(all[0]).rejects.toThrow('broken')
  await Promise.resolve()
  expect(begun).toEqual([0, 1, 2])
  for (const gate of gates) gate.resolve()
  await Promise.allSettled(all)
  expect(begun).toEqual([0, 1, 2, 3])
})

test('without a number nobody waits', async () => {
  const free = atMost(0)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const all = Array.from({ length: 50 }, () =>
    free(() => {
      begun++
      return gate.promise
    }),
  )
  await Promise.resolve()
  expect(begun).toBe(50)
  gate.resolve()
  await Promise.all(all)
})
