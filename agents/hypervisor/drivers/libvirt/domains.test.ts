import { expect, test } from 'vitest'
import { powerOf } from './domains.ts'

test('a guest that is shutting down is not off before it is', () => {
  const [shuttingDown, off] = [4, 5]
  expect([powerOf(shuttingDown), powerOf(off)]).toEqual(['running', 'shutdown'])
})
