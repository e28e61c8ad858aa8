import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { answering } from './answering.ts'
import { ask, handle, look } from './message.ts'
import type { Parcel } from './parcel.ts'

const start = ask<Record<string, never>, number>('sample.start', 1)
const state = look<Record<string, never>, number>('sample.state', 1)

test('what comes again is not done again, unless it only looks: then nothing is kept of its answer', async () => {
  let [started, looked] = [0, 0]
  const take = answering({
    queue: 'sample',
    handlers: [handle(start, async () => ++started), handle(state, async () => ++looked)],
    clock: systemClock,
    log: silentLog,
    inHand: new Set<AbortController>(),
  })
  const parcel = (name: string): Parcel => ({ id: `the same ${name}`, verb: 'ask', name, version: 1, cause, body: '{}' })
  for (const name of [start.name, start.name, state.name, state.name]) await take(parcel(name), 1)
  expect([started, looked]).toEqual([1, 2])
})

const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' }
