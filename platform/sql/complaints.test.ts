import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { virtualClock } from '../simulation/virtual-clock.ts'
import type { Database } from './database.ts'
import { complaintsOf } from './complaints.ts'

const databaseWhose = (head: () => Promise<number>) => ({ changes: { head } }) as Database<object>

test('a database that answers is well', async () => {
  expect(
    await complaintsOf(
      databaseWhose(async () => 7),
      systemClock,
    ),
  ).toEqual([])
})

test('one that refuses is away, and the reason is said', async () => {
  const away = databaseWhose(() => Promise.reject(new Error('connection refused')))
  expect(await complaintsOf(away, systemClock)).toEqual(['the database is away: connection refused'])
})

test('one that is silent is away after two seconds', async () => {
  const clock = virtualClock()
  const said = await clock.run(() =>
    complaintsOf(
      databaseWhose(() => new Promise(() => {})),
      clock,
    ),
  )
  expect(said).toEqual(['the database is away: it did not answer within 2000 ms'])
})
