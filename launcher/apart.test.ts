import { expect, test } from 'vitest'
import { mustReachOthers } from './apart.ts'
import { daemonsHere } from './daemons.ts'
import { placesOf } from './places.ts'
import { openingsHere, readSettings, wantedServices } from './settings.ts'

const places = placesOf({ home: '/nowhere', isRoot: true })
const settingsOf = (...flags: readonly string[]) => readSettings(places, flags, {}).settings
const broker = 'DEFAULT.transport_url=rabbit://k:secret@controller:5672/'
const tables = 'database.connection=mysql+pymysql://k:secret@controller/x'
const reaching = (...flags: readonly string[]) => mustReachOthers(settingsOf(...flags))

test('a whole cloud needs nobody else, also one of a few services', () => {
  reaching()
  reaching('DEFAULT.enabled_services=keystone')
  reaching('DEFAULT.enabled_services=keystone', 'DEFAULT.daemons=keystone')
})

test('a host needs the broker and no database', () => {
  const host = 'DEFAULT.daemons=nova-compute,neutron-linuxbridge-agent'
  expect(() => reaching(host)).toThrow(
    '[DEFAULT] transport_url is not set, and neutron-linuxbridge-agent, nova-compute alone would hear nobody',
  )
  expect(() => reaching(host, 'DEFAULT.transport_url=fake://')).toThrow('transport_url')
  reaching(host, broker)
})

test('a daemon with tables is told where they are, by the option that says it', () => {
  const scheduler = 'DEFAULT.daemons=nova-scheduler'
  expect(() => reaching(scheduler, broker)).toThrow('[nova_database] connection is not set, and nova-scheduler alone would see none')
  expect(() => reaching('DEFAULT.daemons=keystone')).toThrow('mysql+pymysql://USER:PASSWORD@CONTROLLER/keystone')
  reaching('DEFAULT.daemons=keystone', tables)
  reaching(scheduler, broker, 'nova_database.connection=postgresql://k:secret@controller/nova')
})

test('daemons of services that the cloud does not have are named', () => {
  expect(() => reaching('DEFAULT.enabled_services=glance', 'DEFAULT.daemons=nova-api', broker, tables)).toThrow(
    '[DEFAULT] daemons = nova-api names none of the services glance',
  )
  expect(() => settingsOf('DEFAULT.daemons=nova-cells')).toThrow('nova-cells')
})

test('a process needs of its host and opens what its own daemons do', () => {
  const seen = (...flags: readonly string[]) => {
    const settings = settingsOf(...flags)
    const wanted = wantedServices(settings, () => true)
    const doors = openingsHere(settings, wanted).map(({ name }) => name)
    return { needs: wanted.flatMap(({ needs }) => needs), doors }
  }
  expect(seen('DEFAULT.daemons=nova-compute')).toEqual({ needs: ['hypervisor', 'disks'], doors: [] })
  expect(seen('DEFAULT.daemons=nova-metadata,nova-scheduler')).toEqual({ needs: [], doors: ['nova-metadata'] })
  expect(seen('DEFAULT.daemons=neutron-server')).toEqual({ needs: [], doors: ['neutron'] })
  expect(seen('DEFAULT.daemons=nova-compute', 'DEFAULT.compute_driver=fake.FakeDriver').needs).toEqual(['disks'])
  expect(daemonsHere({ enabled_services: ['nova'] }).map(({ name }) => name)).toHaveLength(5)
})
