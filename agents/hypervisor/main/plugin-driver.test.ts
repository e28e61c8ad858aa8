import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { expect, test } from 'vitest'
import { plainFacts } from '../contract/host.ts'
import { openFakeDriver } from '../drivers/fake/open.ts'
import { destroyGuest } from '../guests/destroy.ts'
import { aGuest } from '../guests/kit.ts'
import { startGuest } from '../guests/start.ts'
import { type DriverWords, openPluginDriver } from './plugin-driver.ts'

const words: DriverWords = {
  ...{ host: 'node1', hostIp: '127.0.0.1', clock: systemClock, chance: seededChance(1), log: silentLog, Refusal, plainFacts },
}
const plugin = (extension: unknown) => ({ name: 'boxes', extends: 'hypervisor', file: '/boxes.ts', load: async () => ({ extension }) })

/** What every driver must do, and nothing more. */
const least = ({ host, clock }: DriverWords) => {
  const { facts, listGuests, findGuest, ensureDisks, removeDisks, powerOn, powerOff, forget } = openFakeDriver({ host, clock })
  return { facts, listGuests, findGuest, ensureDisks, removeDisks, powerOn, powerOff, forget }
}

test('a driver of others runs guests, and what it does not offer is refused with its name', async () => {
  const driver = await openPluginDriver(plugin(least), words)
  const rooms = { driver, clock: systemClock, log: silentLog }
  expect(driver.kind).toBe('boxes')
  expect((await startGuest(aGuest(1), rooms)).power).toBe('running')
  await expect(driver.suspend(aGuest(1).uuid)).rejects.toThrow('The hypervisor boxes does not offer this (suspend).')
  expect(await destroyGuest(aGuest(1).uuid, rooms)).toEqual({ destroyed: true })
  expect(await driver.listGuests()).toEqual([])
})

test.each([
  [undefined, 'it exports no function called extension'],
  [() => undefined, 'its function returns no driver'],
  [(all: DriverWords) => ({ ...least(all), forget: undefined, powerOn: 1 }), 'its driver cannot powerOn, forget'],
])('one that is no driver is not taken', async (extension, why) => {
  await expect(openPluginDriver(plugin(extension), words)).rejects.toThrow(`The plug-in boxes brings no driver: ${why}.`)
})
