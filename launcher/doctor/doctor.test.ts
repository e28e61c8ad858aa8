import { systemClock } from '@kilonova/platform/clock.ts'
import { expect, test } from 'vitest'
import { placesOf } from '../places.ts'
import { services } from '../services.ts'
import { readSettings, wantedServices } from '../settings.ts'
import { type FakeHost, fakeHost } from '../testing/fake-host.ts'
import { neededFor } from '../packages.ts'
import { diagnose, diagnosisLine } from './doctor.ts'

const places = placesOf({ home: '/nowhere/kilonova', isRoot: true })
const installed = (names: readonly string[]) => names.map(name => `Package: ${name}\nStatus: install ok installed\n`).join('\n')
const everything = installed([...neededFor(services).map(({ name }) => name), 'python3-openstackclient'])
const healthy: FakeHost = {
  files: {
    '/var/lib/dpkg/status': everything,
    '/proc/cpuinfo': 'flags : fpu vmx\nflags : fpu vmx\n',
    '/etc/passwd': 'libvirt-qemu:x:64055:109::/:/bin/false\n',
    '/etc/group': 'kvm:x:105:libvirt-qemu\n',
    '/run/libvirt/libvirt-sock': '',
  },
  stats: { '/dev/kvm': { mode: 0o660, uid: 0, gid: 105, modifiedMs: 0 } },
  programs: { virsh: { out: 'Running against daemon: 9.0.0\n' }, 'qemu-system-x86_64': { code: 33 } },
}

const welcome = { database: async () => true, broker: async () => {} }
const examine = async (fake: FakeHost, flags: readonly string[] = []) => {
  const { settings } = readSettings(places, flags, {})
  const findings = await diagnose({ host: fakeHost(fake), places, clock: systemClock, settings, services, signIn: welcome })
  return { findings, bad: findings.filter(({ level }) => level !== 'ok').map(diagnosisLine) }
}

test('a healthy machine has nothing to mend', async () => {
  const { findings, bad } = await examine(healthy)
  expect(bad).toEqual([])
  expect(findings.find(({ name }) => name === 'virt_type')?.says).toBe('kvm: 2 processors have vmx or svm, and a probe on /dev/kvm ran')
})

test('five things that are wrong are five lines, each with what mends it', async () => {
  const { bad } = await examine(
    {
      ...healthy,
      files: {
        ...healthy.files,
        '/var/lib/dpkg/status': everything.replace('Package: dnsmasq-base\n', 'Package: other\n'),
        '/proc/net/tcp':
          '  sl  local_address rem_address   st\n   0: 0100007F:1388 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1\n',
        '/proc/812/comm': 'httpd\n',
        '/etc/hosts': '127.0.0.1 localhost\n192.0.2.1 controller.example.com # here\n',
      },
      links: { '/proc/812/fd/3': 'socket:[4711]' },
      stats: { '/dev/kvm': { mode: 0o600, uid: 0, gid: 0, modifiedMs: 0 } },
      freeBytes: 2 ** 30,
    },
    ['nova_database.connection=mysql+pymysql://nova:hidden@controller/nova'],
  )
  expect(bad).toEqual([
    'FAIL  packages    missing: dnsmasq-base -> apt-get install -y --no-install-recommends dnsmasq-base',
    'FAIL  ports       5000 (keystone) is in use by httpd (process 812) -> stop it, or: kilonova config set --home /nowhere/kilonova ports.keystone PORT',
    'warn  kvm-access  QEMU\'s user, libvirt-qemu:kvm, may not open /dev/kvm: each start of a guest takes about 56 s longer -> chgrp kvm /dev/kvm && chmod 660 /dev/kvm (or set user = "root" and group = "root" in /etc/libvirt/qemu.conf and restart libvirtd)',
    'FAIL  database    [nova_database] connection names the host "controller", which does not resolve (ENOTFOUND) -> did you mean controller.example.com, which is in /etc/hosts? Correct [nova_database] connection',
    'FAIL  disk        1.0 GiB free at /nowhere/kilonova; 2 GiB is the least -> free some, or put the home elsewhere with --home DIR',
  ])
})

test('/dev/kvm without vmx or svm proves nothing: guests run in software', async () => {
  const noFlags = { ...healthy, files: { ...healthy.files, '/proc/cpuinfo': 'flags : fpu\n' } }
  const { findings, bad } = await examine(noFlags)
  expect(bad).toEqual([])
  expect(findings.find(({ name }) => name === 'virt_type')?.says).toBe(
    'qemu: no processor has vmx or svm; /dev/kvm is there, which proves nothing; guests run in software, slower',
  )
  expect((await examine(noFlags, ['libvirt.virt_type=kvm'])).bad).toEqual([
    'FAIL  virt_type   kvm is configured, but no processor has vmx or svm -> kilonova config set --home /nowhere/kilonova libvirt.virt_type qemu',
  ])
})

test('/dev/kvm on which nothing runs is not taken for one that works, though the processor has the flags', async () => {
  const hanging = { ...healthy, programs: { ...healthy.programs, 'qemu-system-x86_64': { code: 137 } } }
  expect((await examine(hanging)).bad).toEqual([
    'warn  virt_type   qemu: 2 processors have vmx or svm, but a probe on /dev/kvm did not run; guests run in software, slower -> see dmesg; a machine within a machine needs nested virtualisation',
  ])
  expect((await examine(hanging, ['libvirt.virt_type=kvm'])).bad).toEqual([
    'FAIL  virt_type   kvm is configured, but 2 processors have vmx or svm, but a probe on /dev/kvm did not run: guests would hang -> kilonova config set --home /nowhere/kilonova libvirt.virt_type auto',
  ])
})

test('QEMU as root may open what root may', async () => {
  const asRoot = {
    ...healthy,
    files: { ...healthy.files, '/etc/libvirt/qemu.conf': '#user = "x"\nuser = "root"\n' },
    stats: { '/dev/kvm': { mode: 0o600, uid: 0, gid: 0, modifiedMs: 0 } },
  }
  expect((await examine(asRoot)).bad).toEqual([])
})

test('a user of QEMU that does not exist, or cannot reach the disks of guests, is named', async () => {
  const nobody = { ...healthy, files: { ...healthy.files, '/etc/libvirt/qemu.conf': 'user = "qemu"\n' } }
  expect((await examine(nobody)).bad).toContain(
    'FAIL  qemu-user   QEMU shall run as qemu, and there is no such user -> set user = "libvirt-qemu" in /etc/libvirt/qemu.conf and restart libvirtd',
  )
  const closed = { ...healthy, stats: { ...healthy.stats, '/root': { mode: 0o700, uid: 0, gid: 0, modifiedMs: 0 } } }
  expect((await examine(closed, ['DEFAULT.instances_path=/root/instances'])).bad).toEqual([
    "FAIL  qemu-user   QEMU's user, libvirt-qemu, may not pass /root: no guest can open its disks -> chmod o+x /root",
  ])
})

test('guests that are only pretended need nothing of the machine', async () => {
  const bare = { ...healthy, files: { '/var/lib/dpkg/status': everything }, programs: {} }
  const { settings } = readSettings(places, ['DEFAULT.compute_driver=fake.FakeDriver'], {})
  const wanted = wantedServices(settings, () => true)
  const findings = await diagnose({ host: fakeHost(bare), places, clock: systemClock, settings, services: wanted, signIn: welcome })
  expect(findings.filter(({ name }) => ['virt_type', 'libvirt', 'kvm-access', 'qemu-user'].includes(name))).toEqual([])
})

test('each host of the broker is asked, and no password is shown', async () => {
  const { findings } = await examine({ ...healthy, reachable: ['mq1', 'mq1:5672', 'mq2'] }, [
    'transport_url=rabbit://u:hidden@mq1,u:hidden@mq2:5673/',
  ])
  const lines = findings.filter(({ name }) => name === 'broker').map(diagnosisLine)
  expect(lines).toEqual([
    'ok    broker      [DEFAULT] transport_url: rabbit://u:***@mq1,u:***@mq2:5673/ answers',
    'FAIL  broker      [DEFAULT] transport_url: mq2:5673 does not answer (ECONNREFUSED) -> start what listens there, or correct [DEFAULT] transport_url',
  ])
})

test('a clock that stands before the program was written is wrong', async () => {
  const early = { ...systemClock, now: () => Date.UTC(1970, 0, 1) }
  const { settings } = readSettings(places, [], {})
  const host = { ...fakeHost(healthy), stat: () => ({ mode: 0o660, uid: 0, gid: 105, modifiedMs: Date.UTC(2026, 0) }) }
  const findings = await diagnose({ host, places, clock: early, settings, services: [], signIn: welcome })
  expect(findings.find(({ name }) => name === 'time')).toMatchObject({ level: 'FAIL', remedy: 'set the clock: date -s, or install chrony' })
})

test('a check that breaks is a finding', async () => {
  const { settings } = readSettings(places, [], {})
  const broken = { name: 'odd', run: () => Promise.reject(new Error('no')) }
  const findings = await diagnose({ host: fakeHost(healthy), places, clock: systemClock, settings, services: [], signIn: welcome }, [
    broken,
  ])
  expect(findings).toEqual([{ name: 'odd', level: 'FAIL', says: 'the check itself broke: Error: no' }])
})
