import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openFakeDriver } from '../drivers/fake/open.ts'
import { aGuest } from '../guests/kit.ts'
import { oneAtATime } from '../guests/one-at-a-time.ts'
import { startGuest } from '../guests/start.ts'
import { tidyUp } from './tidy-up.ts'

const driver = openFakeDriver({ host: 'node1', clock: systemClock })
const rooms = { driver, clock: systemClock, log: silentLog }

test('a directory without a guest goes, unless somebody is at work on it; those of guests stay', async () => {
  const [killed, running, beginning] = [aGuest(1), aGuest(2), aGuest(3)]
  await driver.ensureDisks(killed)
  await startGuest(running, rooms)
  const inTurn = oneAtATime()
  const gate = Promise.withResolvers<void>()
  const atWork = inTurn(beginning.uuid, async () => {
    await driver.ensureDisks(beginning)
    await gate.promise
    await startGuest(beginning, rooms)
    await driver.settleDisks(beginning.uuid)
  })

  const tidying = tidyUp({ ...rooms, inTurn, everyMs: 60_000 })
  onTestFinished(() => tidying.stop())
  await vi.waitFor(() => expect(driver.leftovers().directories).not.toContain(killed.uuid))
  gate.resolve()
  await atWork
  await tidying.stop()
  expect(driver.leftovers().directories).toEqual([running.uuid, beginning.uuid])
  expect(await driver.listHalves()).toEqual([])
})
