import { expect, test } from 'vitest'
import { every } from './every.ts'
import { virtualClock } from './simulation/virtual-clock.ts'

test('work is done once per interval, never twice at a time, and goes on after a failure', async () => {
  const clock = virtualClock(0)
  const begun: number[] = []
  const failures: unknown[] = []
  const work = async () => {
    begun.push(clock.now())
    if (begun.length === 1) throw new Error('the database is away')
    await clock.sleep(1_500)
  }
  const timer = every(clock, 1_000, work, error => failures.push(error))
  await clock.advance(6_000)
  expect({ begun, failures }).toEqual({ begun: [1_000, 2_000, 4_500], failures: [new Error('the database is away')] })
  timer.stop()
  await clock.advance(60_000)
  expect({ runs: begun.length, pending: clock.pending }).toEqual({ runs: 3, pending: 0 })
})
