import { expect, test } from 'vitest'
import { clocksIn } from './machine-clocks.ts'

test('the kernel’s counters are nanoseconds, interrupts its own and nice programs the user’s', () => {
  const stat = 'cpu  100 20 30 4000 5 6 7 0 0 0\ncpu0 50 10 15 2000 2 3 3 0 0 0\nintr 1\nbtime 1767225600\n'
  expect(clocksIn(stat, 'processor\t: 0\ncpu MHz\t\t: 2399.998\n')).toEqual({
    bootedAt: '2026-01-01T00:00:00.000Z',
    times: { user: 1_200_000_000, kernel: 430_000_000, idle: 40_000_000_000, iowait: 50_000_000, frequency: 2400 },
  })
})
