import { expect, test } from 'vitest'
import { patienceWith } from './patience.ts'

const second = 1_000

test('a start that uses no processor is waited for until the deadline', () => {
  const patience = patienceWith(60 * second, 5 * second, () => 300)
  expect(patience.lasts(64 * second, true)).toBe(true)
  expect(patience.lasts(65 * second, true)).toBe(false)
})

test('a start that works is waited for longer, but not for ever', () => {
  let cpu = 0
  const patience = patienceWith(60 * second, 0, () => cpu)
  for (let now = 0; now < 15 * 60 * second; now += second, cpu += second / 10) expect(patience.lasts(now, true)).toBe(true)
  expect(patience.lasts(15 * 60 * second, true)).toBe(false)
})

test('a start that worked and then hangs is given up one deadline later', () => {
  let cpu = 0
  const patience = patienceWith(60 * second, 0, () => cpu)
  cpu = 30 * second
  expect(patience.lasts(60 * second, true)).toBe(true)
  expect(patience.lasts(119 * second, true)).toBe(true)
  expect(patience.lasts(120 * second, true)).toBe(false)
})

test('what answers that it is unwell has until the deadline, however busy it is', () => {
  let cpu = 0
  const patience = patienceWith(60 * second, 0, () => cpu)
  cpu = 50 * second
  expect(patience.lasts(60 * second, false)).toBe(false)
})
