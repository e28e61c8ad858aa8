import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { afterEach, expect, test } from 'vitest'
import { down } from './down.ts'
import { claimPlaces } from './home.ts'
import { thisHost } from './host.ts'
import { placesOf } from './places.ts'
import { findRunning } from './running.ts'
import { up } from './up.ts'

const opened: { home: string; stop: () => Promise<unknown> }[] = []
afterEach(async () => {
  delete process.env['STAND_IN']
  for (const { stop, home } of opened.splice(0)) {
    await stop()
    rmSync(home, { recursive: true })
  }
})

const freePort = () =>
  new Promise<number>(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })

async function newHome() {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-up-'))
  const places = placesOf({ home, isRoot: true })
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const rooms = {
    host: thisHost,
    clock: systemClock,
    chance: systemChance,
    say,
    program: fileURLToPath(new URL('./testing/stand-in.ts', import.meta.url)),
    built: ['keystone'],
  }
  opened.push({ home, stop: () => down(places, { ...rooms, say: () => {} }) })
  const onePort = await freePort()
  const start = (flags: readonly string[] = [`one_port=${onePort}`], deadlineMs = 20_000) =>
    up({ places, home, flags, environment: {}, mayInstall: false, deadlineMs }, rooms)
  return { home, places, said, start, port: onePort, stop: () => down(places, rooms) }
}

test('up serves, a second up is harmless, down ends it, and it serves again with the same password', async () => {
  const { places, said, start, stop, port, home } = await newHome()
  expect(await start()).toBe(0)
  expect(said.join('\n')).toContain(`http://127.0.0.1:${port}/identity/v3`)
  expect(await (await fetch(`http://127.0.0.1:${port}/identity/v3`)).text()).toBe('here')
  const first = findRunning(thisHost, places.running)?.pid
  expect(await start()).toBe(0)
  expect(said.some(line => line.startsWith('The cloud is already serving'))).toBe(true)
  expect(findRunning(thisHost, places.running)?.pid).toBe(first)
  expect(['admin-openrc', 'demo-openrc', 'clouds.yaml', 'admin-password'].map(name => statSync(join(home, name)).mode & 0o777)).toEqual([
    0o600, 0o600, 0o600, 0o600,
  ])
  const password = readFileSync(join(home, 'admin-password'), 'utf8')
  expect(await stop()).toBe(0)
  expect(findRunning(thisHost, places.running)).toBeUndefined()
  expect(await start()).toBe(0)
  expect(readFileSync(join(home, 'admin-password'), 'utf8')).toBe(password)
})

test('a note of a process that is gone is passed over', async () => {
  const { places, start } = await newHome()
  claimPlaces(places)
  writeFileSync(places.running, JSON.stringify({ pid: process.pid, born: '1', since: 'then', serving: true, doors: [] }))
  expect(await start()).toBe(0)
})

test('a cloud that dies says its last error and up fails', async () => {
  process.env['STAND_IN'] = 'dies'
  const { said, start, places } = await newHome()
  expect(await start()).toBe(1)
  expect(said.at(-1)).toContain(
    'the cloud was not started: [keystone_database] connection names the host "controler", which does not resolve',
  )
  expect(findRunning(thisHost, places.running)).toBeUndefined()
})

test('a cloud that is unwell is named with its complaint at the deadline', async () => {
  process.env['STAND_IN'] = 'ill'
  const { said, start } = await newHome()
  expect(await start(undefined, 6_000)).toBe(1)
  expect(said.at(-1)).toContain('keystone says: keystone: the database does not answer')
})

test('a port in use is named with who has it and how to move', async () => {
  const { said, start, port } = await newHome()
  const server = createServer()
  await new Promise<void>(done => server.listen(port, '127.0.0.1', done))
  expect(await start()).toBe(1)
  expect(said.at(-1)).toMatch(
    new RegExp(`^Port ${port}, which keystone needs, is in use by .+ \\(process ${process.pid}\\)\\. Stop that, or move the port`),
  )
  await new Promise(done => server.close(done))
})
