import { systemClock } from '@kilonova/platform/clock.ts'
import { expect, test } from 'vitest'
import { diagnose, diagnosisLine } from './doctor/doctor.ts'
import { freePorts } from './doctor/host-checks.ts'
import { databases } from './doctor/reach-checks.ts'
import { namesOf, ofHome, settingsOfHome } from './of-home.ts'
import { placesOf } from './places.ts'
import { services } from './services.ts'
import { readSettings } from './settings.ts'
import { type FakeHost, fakeHost } from './testing/fake-host.ts'

const places = placesOf({ home: '/nowhere/kilonova', isRoot: true })
const { settings } = readSettings(places, ['enabled_services=keystone,placement,glance,neutron,nova'], {})

/** A machine on which these processes run from the home, by their ids, each with its daemons. */
const running = (all: Readonly<Record<number, readonly string[] | undefined>>): FakeHost => ({
  files: Object.fromEntries(
    Object.entries(all).flatMap(([pid, daemons]) => [
      [`/proc/${pid}/stat`, `${pid} (x) S ${'0 '.repeat(18)}77 0`],
      [
        `${places.home}/running${daemons ? `-${daemons.join('+')}` : ''}.json`,
        JSON.stringify({ pid: Number(pid), born: '77', since: '', serving: true, doors: [], daemons }),
      ],
    ]),
  ),
})
const taken = {
  '/proc/net/tcp':
    '  sl  local_address rem_address   st\n   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1\n',
  '/proc/812/comm': 'keystone\n',
}
const links = { '/proc/812/fd/3': 'socket:[4711]' }

test('what runs from a home is what its processes say, side by side', () => {
  const home = ofHome({ host: fakeHost(running({ 5: ['nova-scheduler'], 6: ['nova-conductor'] })), places }, settings)
  expect([home.pids, namesOf(home), home.isApart]).toEqual([[6, 5], 'nova-conductor, nova-scheduler', true])
  expect(settingsOfHome(settings, home).DEFAULT.daemons).toEqual(['nova-conductor', 'nova-scheduler'])
})

test('a whole cloud is nothing apart, whether it runs or not', () => {
  for (const fake of [running({ 5: undefined }), {}]) {
    const home = ofHome({ host: fakeHost(fake), places }, settings)
    expect([home.isApart, settingsOfHome(settings, home)]).toEqual([false, settings])
  }
})

const examine = async (fake: FakeHost, signIn = async () => true) => {
  const host = fakeHost(fake)
  const own = settingsOfHome(settings, ofHome({ host, places }, settings))
  const rooms = { host, places, clock: systemClock, settings: own, services, signIn: { database: signIn, broker: async () => {} } }
  return (await diagnose(rooms, [freePorts, databases])).map(diagnosisLine)
}

test('a host of guests beside the controller is not told that the controller’s ports are in use, nor that it has databases', async () => {
  const host = running({ 5: ['nova-compute'] })
  expect(await examine({ ...host, files: { ...host.files, ...taken }, links })).toEqual([
    'ok    ports       none needed',
    'ok    database    none needed by nova-compute',
  ])
})

test('ports of daemons that run side by side are the cloud’s own', async () => {
  const host = running({ 5: ['nova-api'], 812: ['keystone'] })
  const [ports] = await examine({ ...host, files: { ...host.files, ...taken }, links })
  expect(ports).toBe("ok    ports       5000 35357 8774 6080: free, or the cloud's")
})
