import { expect, test } from 'vitest'
import { expiryAt, isOver, parseExpiry } from './expiry.ts'

test.each([
  ['2026-02-01T10:00:00.123456Z', '2026-02-01T10:00:00.123456Z'],
  ['2026-02-01T10:00:00.5', '2026-02-01T10:00:00.500000Z'],
  ['2026-02-01T10:00', '2026-02-01T10:00:00.000000Z'],
  ['2026-02-01 10:00:00+02:00', '2026-02-01T08:00:00.000000Z'],
  ['2026-02-01T10:00:00+0200', '2026-02-01T08:00:00.000000Z'],
])('%s is kept as %s', (text, kept) => {
  expect(parseExpiry(text)).toBe(kept)
})

test.each(['', 'tomorrow', '2026-13-01T00:00:00Z', '2026-02-01', '2026-02-01T10:00:00.123Zjunk'])('%s is no time', text => {
  expect(parseExpiry(text)).toBeUndefined()
})

test('what has no end is never over, and an end is over when it has come', () => {
  const end = expiryAt(1_000)
  expect([isOver(null, 5_000), isOver(end, 999), isOver(end, 1_000)]).toEqual([false, false, true])
})
