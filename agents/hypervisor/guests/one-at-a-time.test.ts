import { expect, test } from 'vitest'
import { oneAtATime } from './one-at-a-time.ts'

test('acts on one guest wait for each other even when one fails; other guests go on', async () => {
  const inTurn = oneAtATime()
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = inTurn('a', async () => {
    await gate.promise
    order.push('first')
    throw new Error('broken')
  })
  const second = inTurn('a', async () => order.push('second'))
  await inTurn('b', async () => order.push('other'))
  gate.resolve()
  await expect(first).rejects.toThrow('broken')
  await second
  expect(order).toEqual(['other', 'first', 'second'])
})
