import { expect, test } from 'vitest'
import { seededChance } from '../chance.ts'
import { virtualClock } from './virtual-clock.ts'

test('time stands still until it is let pass, timer by timer, the older first', async () => {
  const clock = virtualClock(1_000)
  const rang: string[] = []
  clock.after(20, () => rang.push(`late at ${clock.now()}`))
  clock.after(10, () => rang.push(`first at ${clock.now()}`))
  clock.after(10, () => rang.push('second'))
  clock.after(10, () => rang.push('stopped')).stop()
  await clock.advance(15)
  expect({ rang, now: clock.now(), pending: clock.pending }).toEqual({ rang: ['first at 1010', 'second'], now: 1_015, pending: 1 })
  await clock.advance(5)
  expect(rang).toEqual(['first at 1010', 'second', 'late at 1020'])
})

test('of many timers, most of them stopped, each that is left rings at its time', async () => {
  const clock = virtualClock()
  const chance = seededChance(3)
  const due: number[] = []
  const rang: number[] = []
  for (let made = 0; made < 2_000; made++) {
    const ms = Math.floor(chance.fraction() * 5_000)
    const timer = clock.after(ms, () => rang.push(clock.monotonic()))
    if (chance.fraction() < 0.8) timer.stop()
    else due.push(ms)
  }
  expect(clock.pending).toBe(due.length)
  await clock.advance(5_000)
  expect(rang).toEqual(due.toSorted((a, b) => a - b))
  expect(clock.pending).toBe(0)
})

test('a run jumps over an hour of waiting', async () => {
  const clock = virtualClock()
  const result = await clock.run(async () => {
    for (let minute = 0; minute < 60; minute++) await clock.sleep(60_000)
    return clock.monotonic()
  })
  expect(result).toBe(3_600_000)
})

test('a sleep ends when it is aborted, with the reason, and leaves no timer', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  const sleeping = clock.sleep(1_000, stop.signal)
  stop.abort(new Error('enough'))
  await expect(sleeping).rejects.toThrow('enough')
  expect(clock.pending).toBe(0)
})

test('a run that waits for nothing fails instead of hanging', async () => {
  await expect(virtualClock().run(() => new Promise(() => {}))).rejects.toThrow(/never comes/)
})
