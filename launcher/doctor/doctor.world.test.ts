import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startThrowAwayRabbit, type ThrowAwayRabbit } from '@kilonova/platform/bus/testing.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { type ThrowAwayServer, throwAwayMaria, throwAwayPostgres } from '@kilonova/platform/sql/throw-away.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Host, thisHost } from '../host.ts'
import { placesOf } from '../places.ts'
import { services } from '../services.ts'
import { readSettings } from '../settings.ts'
import { diagnose, diagnosisLine } from './doctor.ts'
import { signInFor } from './sign-in.ts'

/** Things that are wrong for real, and the lines an operator reads. */
const home = mkdtempSync(join(tmpdir(), 'kilonova-doctor-'))
let maria: ThrowAwayServer
let postgres: ThrowAwayServer
let rabbit: ThrowAwayRabbit
const listener: Server = createServer()
beforeAll(async () => {
  ;[maria, postgres, rabbit] = await Promise.all([throwAwayMaria(), throwAwayPostgres(), startThrowAwayRabbit()])
  await maria.say(`create user 'nova'@'%' identified by 'right'`)
  await new Promise<void>(done => listener.listen(0, '127.0.0.1', done))
})
afterAll(async () => {
  listener.close()
  await Promise.all([maria?.remove(), postgres?.remove(), rabbit?.remove()])
  rmSync(home, { recursive: true, force: true })
})

const examine = async (names: readonly string[], flags: readonly string[], host: Host = thisHost, at = home) => {
  const places = placesOf({ home: at, isRoot: true })
  const { settings } = readSettings(places, flags, {})
  const wanted = services.filter(({ name }) => names.includes(name))
  const findings = await diagnose({ host, places, clock: systemClock, settings, services: wanted, signIn: signInFor(systemClock) })
  return (check: string) => findings.filter(({ name }) => name === check).map(diagnosisLine)
}

const portOf = (server: Server) => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

test('a port that somebody listens on is named with the program that does', async () => {
  const port = portOf(listener)
  const lines = await examine(['keystone'], [`ports.keystone=${port}`, 'ports.keystone-admin=35399'])
  expect(lines('ports')).toEqual([
    expect.stringMatching(
      new RegExp(
        `^FAIL  ports       ${port} \\(keystone\\) is in use by .+ \\(process ${process.pid}\\) -> stop it, or: kilonova config set`,
      ),
    ),
  ])
})

test('a package that is not installed is named with the line that installs it', async () => {
  const status = thisHost.readText('/var/lib/dpkg/status') ?? ''
  const without = status.replace('Package: qemu-utils\n', 'Package: qemu-elsewhere\n')
  const host = { ...thisHost, readText: (path: string) => (path === '/var/lib/dpkg/status' ? without : thisHost.readText(path)) }
  expect((await examine(['glance'], [], host))('packages')[0]).toBe(
    'FAIL  packages    missing: qemu-utils -> apt-get install -y --no-install-recommends qemu-utils',
  )
})

test('a home that cannot be written is named', async () => {
  const closed = join(home, 'closed')
  const host = { ...thisHost, isRoot: false, mayWrite: (path: string) => !path.startsWith(closed) }
  expect((await examine([], [], host, closed))('rights')).toEqual([
    `FAIL  rights      ${closed}, ${closed}/log, ${closed}/etc cannot be written -> run as root, or choose a directory of your own with --home DIR`,
  ])
})

test('a /dev/kvm that only looks usable is no reason to configure kvm', async () => {
  const looksUsable = {
    ...thisHost,
    exists: (path: string) => path === '/dev/kvm' || thisHost.exists(path),
    readText: (path: string) => (path === '/proc/cpuinfo' ? 'flags : fpu sse2\n' : thisHost.readText(path)),
  }
  expect((await examine(['nova'], ['libvirt.virt_type=kvm'], looksUsable))('virt_type')).toEqual([
    `FAIL  virt_type   kvm is configured, but no processor has vmx or svm -> kilonova config set --home ${home} libvirt.virt_type qemu`,
  ])
})

test('a database host that does not resolve, or where nothing answers, is named', async () => {
  const lines = async (url: string) => (await examine(['nova'], [`nova_database.connection=${url}`]))('database')
  expect(await lines('mysql+pymysql://nova:x@controller.invalid/nova')).toEqual([
    expect.stringMatching(
      /^FAIL {2}database {4}\[nova_database\] connection names the host "controller\.invalid", which does not resolve \(E\w+\) -> /,
    ),
  ])
  expect(await lines('mysql+pymysql://nova:x@127.0.0.1:1/nova')).toEqual([
    'FAIL  database    [nova_database] connection: 127.0.0.1:1 does not answer (ECONNREFUSED) -> start what listens there, or correct [nova_database] connection',
  ])
})

test('databases are signed in to, and nothing is left there', async () => {
  const lines = async (url: string) => (await examine(['nova'], [`nova_database.connection=${url}`]))('database')
  const at = `127.0.0.1:${maria.port}`
  expect(await lines(`mysql+pymysql://nova:wrong@${at}/nova`)).toEqual([
    `FAIL  database    [nova_database] connection = mysql://nova@${at}/nova: the server refuses the user "nova" or the password -> Correct them in the URL (special characters percent-encoded), or grant access`,
  ])
  expect(await lines(`mysql+pymysql://nova:right@${at}/nova`)).toEqual([
    expect.stringContaining('the database "nova" does not exist or is closed to the user "nova", who may not create it'),
  ])
  expect(await lines(`mysql+pymysql://root@${at}/mysql`)).toEqual([`ok    database    nova: mysql+pymysql://root@${at}/mysql lets us in`])
  for (const url of [maria.freshUrl(), postgres.freshUrl()])
    for (const _ of ['once', 'again']) expect((await lines(url))[0]).toMatch(/^ok .* lets us in; the database is not there yet/)
})

test('the broker is signed in to', async () => {
  const lines = async (url: string) => (await examine([], [`transport_url=${url}`]))('broker')
  expect(await lines(rabbit.url)).toEqual([
    `ok    broker      [DEFAULT] transport_url: rabbit://guest:***@127.0.0.1:${rabbit.port}/ answers`,
  ])
  expect(await lines(rabbit.url.replace(':guest@', ':wrong@'))).toEqual([
    expect.stringMatching(
      /^FAIL {2}broker {6}\[DEFAULT\] transport_url: no connection to RabbitMQ at \S+ as guest, virtual host \/ \(.*ACCESS_REFUSED.*\) -> the user or the password is wrong; correct it there or with rabbitmqctl change_password$/,
    ),
  ])
})
