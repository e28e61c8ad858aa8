import { expect, test } from 'vitest'
import { silentLog } from '../log/log.ts'
import { virtualClock } from '../simulation/virtual-clock.ts'
import { openDatabase } from '../sql/database.ts'
import { keepShort } from './keep-short.ts'

test('changes older than thirty days are forgotten within the hour', async () => {
  const clock = virtualClock()
  const log = silentLog
  const database = await openDatabase<object>({ url: 'sqlite://', service: 'test', migrations: [], clock, log })
  const timer = keepShort({ clock, log }, database.changes)
  const write = () =>
    database.transaction({ requestId: 'req-1', why: 'a test' }, tx =>
      tx.change({ kind: 'test.thing', id: '1', act: 'updated' }, async () => {}),
    )
  const hours = (count: number) => clock.advance(count * 3_600_000)
  await write()
  await hours(1)
  await write()
  await hours(30 * 24 - 1)
  expect(await database.changes.oldest()).toBe(1)
  await hours(1)
  expect(await database.changes.oldest()).toBe(2)
  timer.stop()
  await database.close()
  expect(clock.pending).toBe(0)
})
