import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededChance } from '@kilonova/platform/chance.ts'
import { afterEach, expect, test } from 'vitest'
import { ensurePasswords, openrc } from './credentials.ts'
import { claimPlaces, isOurs } from './home.ts'
import { deedOf } from './manage.ts'
import { missingPackages, neededFor, packages } from './packages.ts'
import { placesOf } from './places.ts'
import { portOwner } from './port-owner.ts'
import { services } from './services.ts'
import { openings, readSettings } from './settings.ts'
import { fakeHost } from './testing/fake-host.ts'

const homes: string[] = []
const newPlaces = () => {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-home-'))
  homes.push(home)
  return placesOf({ home, isRoot: true })
}
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true })
})
const doors = (flags: readonly string[]) =>
  Object.fromEntries(openings(readSettings(newPlaces(), flags, {}).settings, services).map(({ name, url }) => [name, url]))

test('a door that enabled_apis leaves out stays closed', () => {
  expect(doors([])).toMatchObject({ nova: 'http://127.0.0.1:8774', 'nova-metadata': 'http://127.0.0.1:8775' })
  expect(doors(['enabled_apis=metadata'])).not.toHaveProperty('nova')
  expect(doors(['enabled_apis=osapi_compute'])).not.toHaveProperty('nova-metadata')
})

test('root keeps things where a system does, a home of its own holds everything', () => {
  expect(placesOf({ isRoot: true })).toMatchObject({
    home: '/var/lib/kilonova',
    logs: '/var/log/kilonova',
    configFile: '/etc/kilonova/kilonova.conf',
  })
  expect(placesOf({ home: '/srv/c', isRoot: true })).toMatchObject({
    home: '/srv/c',
    logs: '/srv/c/log',
    configFile: '/srv/c/etc/kilonova.conf',
    hint: ' --home /srv/c',
  })
})

test("the ports are OpenStack's unless they are moved", () => {
  expect(doors([])).toMatchObject({
    keystone: 'http://127.0.0.1:5000',
    'keystone-admin': 'http://127.0.0.1:35357',
    nova: 'http://127.0.0.1:8774',
    glance: 'http://127.0.0.1:9292',
  })
  expect(doors(['port_base=20000'])).toMatchObject({ keystone: 'http://127.0.0.1:20000', nova: 'http://127.0.0.1:23774' })
  expect(doors(['ports.nova=18774', 'my_ip=192.0.2.4'])).toMatchObject({
    nova: 'http://192.0.2.4:18774',
    keystone: 'http://192.0.2.4:5000',
  })
  expect(doors(['one_port=80'])).toMatchObject({ keystone: 'http://127.0.0.1:80/identity', nova: 'http://127.0.0.1:80/compute' })
  expect(() => doors(['port_base=60000'])).toThrow('[DEFAULT] port_base = 60000 puts keystone-admin on port 90357')
  expect(() => doors(['port_base=60000', 'one_port=80'])).toThrow('are both set')
})

test('passwords are made once, and what is configured outweighs', () => {
  const places = newPlaces()
  const { settings } = readSettings(places, [], {})
  const passwords = (seed: number) => {
    const { admin, demo, ofService } = ensurePasswords(places, settings, {}, seededChance(seed))
    return [admin, demo, ofService('nova'), ofService('glance')]
  }
  const first = passwords(1)
  expect(first[0]).toMatch(/^[\w-]{20}$/)
  expect(new Set(first).size).toBe(4)
  expect(passwords(2)).toEqual(first)
  expect(ensurePasswords(places, settings, { KILONOVA_ADMIN_PASSWORD: 'chosen' }, seededChance(3)).admin).toBe('chosen')
})

test('an openrc survives every password', () => {
  expect(openrc('admin', `it's $HOME "now"`, { authUrl: 'http://h:5000/v3', region: 'RegionOne' })).toContain(
    `export OS_PASSWORD='it'\\''s $HOME "now"'\n`,
  )
})

test('an openrc says which certificate to trust, and forgets that of another cloud', () => {
  const of = (trust?: string) => openrc('admin', 'x', { authUrl: 'https://h:5000/v3', region: 'RegionOne', trust })
  expect(of('/etc/kilonova/cloud.pem')).toContain('export OS_CACERT=/etc/kilonova/cloud.pem\n')
  expect(of()).toContain('unset OS_CACERT\n')
})

test('with a certificate every URL is https', () => {
  expect(doors(['ssl.cert_file=/c', 'ssl.key_file=/k', 'my_ip=2001:db8::4'])).toMatchObject({
    keystone: 'https://[2001:db8::4]:5000',
    nova: 'https://[2001:db8::4]:8774',
  })
})

test('who listens on a port is read from /proc', () => {
  const host = fakeHost({
    files: {
      '/proc/net/tcp6':
        'head\n 0: 00000000000000000000000000000000:1F90 0:0 0A 0:0 0:0 0 0 0 99 1\n 1: 00:1F91 0:0 01 0:0 0:0 0 0 0 98 1\n',
      '/proc/7/comm': 'java\n',
    },
    links: { '/proc/7/fd/4': 'socket:[99]', '/proc/7/fd/5': 'socket:[98]' },
  })
  expect(portOwner(host, 8080)).toEqual({ pid: 7, name: 'java (process 7)' })
  expect(portOwner(host, 8081)).toBeUndefined()
})

test('only the packages of the wanted services are missed', () => {
  const host = fakeHost({
    files: {
      '/var/lib/dpkg/status': 'Package: qemu-utils\nStatus: deinstall ok config-files\n\nPackage: iproute2\nStatus: install ok installed\n',
    },
  })
  const of = (name: string) => services.filter(service => service.name === name)
  expect(missingPackages(host, neededFor(of('keystone')))).toEqual([])
  expect(missingPackages(host, neededFor(of('glance'))).map(({ name }) => name)).toEqual(['qemu-utils'])
  expect(missingPackages(host, neededFor(of('neutron'))).map(({ name }) => name)).not.toContain('iproute2')
  expect(packages.every(({ why }) => why.length > 3)).toBe(true)
})

test('a verb of a manage tool is known whatever options stand around it', () => {
  expect(deedOf('nova-manage', ['--config-file', '/etc/nova/nova.conf', 'api_db', 'sync'])?.deed).toEqual({ does: 'sync', service: 'nova' })
  expect(deedOf('neutron-db-manage', ['--config-file', 'a', '--config-file', 'b', 'upgrade', 'head'])?.deed).toEqual({
    does: 'sync',
    service: 'neutron',
  })
  expect(deedOf('keystone-manage', ['bootstrap', '--bootstrap-password', 'x'])?.deed).toEqual({ does: 'keystone', deed: 'bootstrap' })
  expect(deedOf('nova-manage', ['db', 'purge'])).toBeUndefined()
})

test('a directory with other things in it never becomes the home of a cloud', () => {
  const places = newPlaces()
  mkdirSync(places.etc)
  claimPlaces(places)
  claimPlaces(places)
  expect([isOurs(places.home), isOurs(places.logs)]).toEqual([true, true])
  const foreign = newPlaces()
  writeFileSync(join(foreign.home, 'thesis.txt'), '')
  expect(() => claimPlaces(foreign)).toThrow('has other things in it (thesis.txt): choose an empty directory')
})
