import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCompute } from '@kilonova/compute/main.ts'
import type { Token } from '@kilonova/identity/contract/token.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { findPlugins } from '@kilonova/platform/plugins/find.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { diagnose, diagnosisLine } from './doctor/doctor.ts'
import { signInFor } from './doctor/sign-in.ts'
import { plugIns } from './doctor/plugin-checks.ts'
import { thisHost } from './host.ts'
import { placesOf, sourceDir } from './places.ts'
import { readSettings } from './settings.ts'

const home = mkdtempSync(join(tmpdir(), 'kilonova-plugins-'))
const places = placesOf({ home, isRoot: true })
let compute: Awaited<ReturnType<typeof openCompute>>
let close: (() => Promise<void>) | undefined

beforeAll(async () => {
  cpSync(join(sourceDir, 'docs/examples/plugins/widgets'), join(places.plugins, 'widgets'), { recursive: true })
  mkdirSync(join(places.plugins, 'broken'))
  writeFileSync(join(places.plugins, 'broken/package.json'), '{"type":"module","kilonova":{"extends":"compute","main":"broken.ts"}}')
  writeFileSync(join(places.plugins, 'broken/broken.ts'), 'export const extension = nothing.of.the.kind')
  const rooms = { clock: systemClock, chance: seededChance(1), log: silentLog }
  const bus = await openBus({ inProcess: openBroker(), ...rooms })
  compute = await openCompute({
    ...rooms,
    databaseUrl: 'sqlite://',
    bus,
    tokens: { validate: async projectId => tokenOn(projectId) },
    imageDir: home,
    hosts: [],
    host: 'host',
    logOf: () => silentLog,
    plugins: findPlugins(places.plugins).plugins,
  })
  close = async () => {
    await compute.close()
    await bus.close()
  }
})
afterAll(async () => {
  await close?.()
  rmSync(home, { recursive: true })
})

/** A member of the project; the text of the token is the project's id. */
const tokenOn = (projectId: string): Token => {
  const domain = { id: 'default', name: 'Default' }
  return {
    methods: ['password'],
    user: { id: 'u', name: 'u', domain, passwordExpiresAt: null },
    scope: { kind: 'project', project: { id: projectId, name: projectId, domain, isDomain: false } },
    roles: ['member', 'reader'].map(name => ({ id: name, name })),
    trust: undefined,
    applicationCredential: undefined,
    oauth: undefined,
    issuedAt: '2026-01-01T00:00:00.000000Z',
    expiresAt: '2036-01-01T00:00:00.000000Z',
    auditIds: ['a'],
  }
}

const ask = async (method: 'GET' | 'POST', path: string, payload?: object, project = 'p1') => {
  const headers = { 'x-auth-token': project }
  const { statusCode, body } = await compute.door.inject({ method, url: `/v2.1${path}`, headers, ...(payload ? { payload } : {}) })
  return { status: statusCode, body: JSON.parse(body) }
}

test('the sample adds a resource of its own, which each project has for itself', async () => {
  const made = await ask('POST', '/os-widgets', { widget: { name: 'w1', size: 3 } })
  expect(made).toEqual({ status: 201, body: { widget: { id: expect.any(String), name: 'w1', size: 3, project_id: 'p1' } } })
  expect(await ask('GET', '/os-widgets')).toEqual({ status: 200, body: { widgets: [made.body.widget] } })
  expect((await ask('GET', '/os-widgets', undefined, 'p2')).body).toEqual({ widgets: [] })
})

test('what it declares is checked as everything else', async () => {
  expect((await ask('POST', '/os-widgets', { widget: { name: 'w2', size: 101 } })).status).toBe(400)
  expect((await ask('POST', '/os-widgets', { widget: { name: 'w2', colour: 'red' } })).body).toMatchObject({ badRequest: { code: 400 } })
  await ask('POST', '/os-widgets', { widget: { name: 'w3' } })
  expect(await ask('POST', '/os-widgets', { widget: { name: 'w3' } })).toEqual({
    status: 409,
    body: { conflictingRequest: { code: 409, message: 'Widget w3 already exists.' } },
  })
})

test('it is listed among the extensions and described in the OpenAPI document', async () => {
  const widgets = {
    alias: 'os-widgets',
    name: 'Widgets',
    description: 'Widgets that belong to a project.',
    namespace: 'http://docs.openstack.org/compute/ext/fake_xml',
    links: [],
    updated: '2026-01-31T00:00:00Z',
  }
  const { extensions } = (await ask('GET', '/extensions')).body
  expect(extensions).toContainEqual(widgets)
  expect(extensions).toContainEqual({ ...widgets, ...nova })
  expect((await ask('GET', '/extensions/os-widgets')).body).toEqual({ extension: widgets })
  expect(await ask('GET', '/extensions/os-gadgets')).toMatchObject({ status: 404, body: { itemNotFound: { code: 404 } } })
  const document = JSON.parse((await compute.door.inject({ url: '/openapi.json' })).body)
  expect(Object.keys(document.paths['/v2.1/os-widgets'])).toEqual(['get', 'post'])
})

const nova = {
  alias: 'OS-FLV-EXT-DATA',
  name: 'FlavorExtraData',
  description: 'Provide additional data for flavors.',
  updated: '2014-12-03T00:00:00Z',
}

test('its changes are in the stream of the project', async () => {
  const changes = await compute.database.changes.read(0, { projectId: 'p1' })
  expect(changes[0]).toMatchObject({ kind: 'compute.plugin.widgets', act: 'created', after: { name: 'w1', size: 3 } })
})

test('one that is broken is left out and named, by the service and by doctor', async () => {
  expect(compute.plugins).toEqual([
    { name: 'widgets', alias: 'os-widgets' },
    { name: 'broken', why: 'it throws ReferenceError: nothing is not defined' },
  ])
  const { settings } = readSettings(places, [], {})
  const findings = await diagnose({ host: thisHost, places, clock: systemClock, settings, services: [], signIn: signInFor(systemClock) }, [
    plugIns,
  ])
  expect(findings.map(diagnosisLine)).toEqual([
    `FAIL  plug-ins    broken is left out: it throws ReferenceError: nothing is not defined -> mend it, or take ${places.plugins}/broken away`,
    'ok    plug-ins    widgets can be loaded',
  ])
})
