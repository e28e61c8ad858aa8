import { expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { virtualClock } from '../simulation/virtual-clock.ts'
import type { Bus } from './bus.ts'
import { ask } from './message.ts'
import { nobodyAnswers } from './parcel.ts'
import { patient } from './patient.ts'

const greet = ask<string, string>('test.greet', 1)
const cause = { requestId: 'req-00000000-0000-4000-8000-000000000001', why: 'a test' }

/** Answers when so many asks were in vain; then with what `after` does. */
function bus(inVain: number, after: () => string) {
  const asked: string[] = []
  const asking = async (_message: unknown, to: string) => {
    asked.push(to)
    if (asked.length <= inVain) throw nobodyAnswers(to)
    return after()
  }
  return { asked, ask: asking as Bus['ask'] }
}

test('who asks while nobody is there waits until somebody is', async () => {
  const [clock, at] = [virtualClock(), bus(7, () => 'hello')]
  expect(await clock.run(() => patient(at, clock).ask(greet, 'scheduler', 'hi', { cause }))).toBe('hello')
  expect({ asks: at.asked.length, tookMs: clock.monotonic() }).toEqual({ asks: 8, tookMs: 50 + 100 + 200 + 400 + 800 + 1000 + 1000 })
})

test('whose patience ends is told that nobody is there', async () => {
  const [clock, at] = [virtualClock(), bus(1_000, () => 'never')]
  const asking = () => patient(at, clock, 5_000).ask(greet, 'scheduler', 'hi', { cause })
  await expect(clock.run(asking)).rejects.toThrow('Nobody answers at scheduler')
  expect(clock.monotonic()).toBeLessThanOrEqual(5_000)
})

test('a refusal of somebody who is there is no reason to ask again', async () => {
  const refuse = () => {
    throw new Refusal('unavailable', 'Placement does not answer.')
  }
  const [clock, at] = [virtualClock(), bus(0, refuse)]
  await expect(clock.run(() => patient(at, clock).ask(greet, 'scheduler', 'hi', { cause }))).rejects.toThrow('Placement')
  expect(at.asked).toEqual(['scheduler'])
})
