import { systemClock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { describe, expect, test } from 'vitest'
import { aGuest } from '../../guests/kit.ts'
import { openFakeDriver } from './open.ts'

describe('a fake hypervisor', () => {
  test('refuses the third guest when told to', async () => {
    const driver = openFakeDriver({
      host: 'node1',
      clock: systemClock,
      faults: [{ act: 'powerOn', nth: 3, says: 'no memory left', kind: 'unavailable' }],
    })
    for (const n of [1, 2]) expect((await driver.powerOn(aGuest(n))).power).toBe('running')
    await expect(driver.powerOn(aGuest(3))).rejects.toThrow(new Refusal('unavailable', 'no memory left'))
    expect((await driver.powerOn(aGuest(4))).power).toBe('running')
  })

  test('can lose the answer of an act it performed', async () => {
    const driver = openFakeDriver({
      host: 'node1',
      clock: systemClock,
      faults: [{ act: 'powerOn', uuid: aGuest(2).uuid, says: 'connection lost', afterwards: true }],
    })
    await driver.powerOn(aGuest(1))
    await expect(driver.powerOn(aGuest(2))).rejects.toThrow('connection lost')
    expect((await driver.listGuests()).map(each => each.name)).toEqual(['instance-00000001', 'instance-00000002'])
  })

  test('tells its followers what a guest does by itself', async () => {
    const driver = openFakeDriver({ host: 'node1', clock: systemClock })
    const seen: unknown[] = []
    const following = driver.follow(change => seen.push(change))
    await driver.powerOn(aGuest(1))
    driver.happen(aGuest(1).uuid, 'crashed')
    following.stop()
    driver.happen(aGuest(1).uuid, 'running')
    expect(seen).toEqual([
      { uuid: aGuest(1).uuid, name: 'instance-00000001', what: 'started' },
      { uuid: aGuest(1).uuid, name: 'instance-00000001', what: 'crashed' },
    ])
  })
})
