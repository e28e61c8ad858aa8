import { httpClient } from '@kilonova/platform/http/client.ts'
import { type Listening, listen } from '@kilonova/platform/http/listener.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { admin, day, demo, hour, onProject, second, type Whole, wholeIdentity } from '../kit.ts'
import { authenticator } from './authenticate.ts'
import { type IdentityClient, type RemoteValidator, remoteValidator } from './remote-validator.ts'

const byName = { name: 'Default' }
const nova = { username: 'nova', password: 'the computer’s', userDomain: byName, projectName: 'service', projectDomain: byName }

let whole: Whole
let listening: Listening
let validator: RemoteValidator
let asked: string[]
let warnings: string[]
const url = () => `http://127.0.0.1:${listening.portOf('keystone')}`

async function openDoors(port = 0) {
  const mount = { name: 'keystone', host: '127.0.0.1', port, prefix: '', answer: whole.identity.answer }
  listening = await listen({ mounts: [mount], health: async () => [], metrics: async () => '' })
}

/** Counts what is asked about tokens. */
function counting(client: IdentityClient): IdentityClient {
  return {
    follow: client.follow,
    ask: wish => {
      asked.push(`${wish.method} ${wish.path}`)
      return client.ask(wish)
    },
  }
}
const open = (more: Partial<Parameters<typeof remoteValidator>[0]> = {}) =>
  remoteValidator({
    client: counting(httpClient({ url: url() })),
    user: nova,
    clock: whole.clock,
    log: { warn: message => void warnings.push(message) },
    cacheMs: 300_000,
    ...more,
  })

beforeEach(async () => {
  asked = []
  warnings = []
  whole = await wholeIdentity()
  await openDoors()
  validator = open()
})
afterEach(async () => {
  validator.close()
  await listening.close(0)
  await whole.close()
})

const lookups = () => asked.filter(one => one.startsWith('GET /v3/auth/tokens')).length
const look = (text: string) => validator.validate(text, 'req-1')
/** Until what was learned is kept: the changes are followed. */
async function isKept(text: string) {
  await expect
    .poll(async () => {
      const before = lookups()
      await look(text)
      return lookups() - before
    })
    .toBe(0)
}

describe('a service in another process', () => {
  test('reads a token as identity itself does', async () => {
    for (const scope of [onProject('demo'), 'unscoped'] as const) {
      const text = await whole.signIn(demo, scope)
      expect(await look(text)).toEqual(await whole.identity.tokens.validate(text, 'req-1'))
    }
    const onSystem = await whole.signIn(admin, { system: { all: true } })
    expect(await look(onSystem)).toEqual(await whole.identity.tokens.validate(onSystem, 'req-1'))
  })

  test('asks once for what it is shown again and again, and once for many at a time', async () => {
    const text = await whole.signIn(demo, onProject('demo'))
    await Promise.all(Array.from({ length: 10 }, () => look(text)))
    expect(lookups()).toBe(1)
    await isKept(text)
    const before = lookups()
    for (let count = 0; count < 20; count++) await look(text)
    expect(lookups()).toBe(before)
    expect(asked.filter(one => one.startsWith('POST'))).toHaveLength(1)
  })

  test('refuses what is no token', async () => {
    await expect(look('nonsense')).rejects.toMatchObject({ kind: 'not-found' })
    const authenticate = authenticator(validator, 'compute')
    await expect(authenticate({ method: 'GET', path: '/', token: 'nonsense', requestId: 'req-1' })).rejects.toMatchObject({
      kind: 'unauthenticated',
    })
  })
})

describe('what a service keeps of a token', () => {
  // biome-ignore format: a table
  test.each<[string, (text: string, userId: string) => Promise<unknown>]>([
    ['is ended',             text => whole.ask('DELETE /v3/auth/tokens', { as: text, headers: { 'x-subject-token': text } })],
    ['loses its user',       (_, userId) => whole.make(`PATCH /v3/users/${userId}`, { user: { enabled: false } })],
    ['loses its project',    async () => whole.make(`PATCH /v3/projects/${(await whole.make('GET /v3/projects?name=demo')).projects[0].id}`, { project: { enabled: false } })],
  ])('goes with the news that it %s', async (_, act) => {
    const text = await whole.signIn(demo, onProject('demo'))
    await isKept(text)
    await act(text, (await look(text)).user.id)
    const began = Date.now()
    await expect.poll(() => look(text).then(() => 'valid', error => error.kind), { interval: 2 }).toBe('not-found')
    expect(Date.now() - began).toBeLessThan(1000)
  })

  test('shows new roles as soon as the news have come', async () => {
    const text = await whole.signIn(demo, onProject('demo'))
    await isKept(text)
    const { user, scope } = await look(text)
    const role = (await whole.make('GET /v3/roles?name=service')).roles[0].id
    await whole.make(`PUT /v3/projects/${scope.kind === 'project' ? scope.project.id : ''}/users/${user.id}/roles/${role}`)
    await expect.poll(async () => (await look(text)).roles.map(one => one.name)).toContain('service')
  })

  test('is asked for anew when its time is over', async () => {
    const text = await whole.signIn(demo, onProject('demo'))
    await isKept(text)
    const before = lookups()
    whole.clock.push(301 * second)
    await look(text)
    expect(lookups()).toBe(before + 1)
    whole.clock.push(hour)
    await expect(look(text)).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('is not believed while the changes cannot be followed, and is again afterwards', async () => {
    const text = await whole.signIn(demo, onProject('demo'))
    await isKept(text)
    const port = listening.portOf('keystone')
    await listening.close(0)
    await expect
      .poll(() =>
        look(text).then(
          () => 'valid',
          error => error.kind,
        ),
      )
      .toBe('unavailable')
    await openDoors(port)
    await expect
      .poll(() =>
        look(text).then(
          () => 'valid',
          error => error.kind,
        ),
      )
      .toBe('valid')
    expect(warnings.length).toBeLessThan(2)
  })
})

describe('the service’s own token', () => {
  test('is renewed when it ends, and when it was ended', async () => {
    const text = () => whole.signIn(demo, onProject('demo'))
    await look(await text())
    whole.clock.push(hour)
    await look(await text())
    const nova = (await whole.make('GET /v3/users?name=nova')).users[0].id
    await whole.make(`PATCH /v3/users/${nova}`, { user: { password: 'the computer’s' } })
    await look(await text())
    expect(asked.filter(one => one.startsWith('POST')).length).toBeGreaterThanOrEqual(3)
  })

  test('that cannot be had is no fault of the caller’s', async () => {
    const other = open({ user: { ...nova, password: 'wrong' }, cacheMs: 0 })
    await expect(other.validate(await whole.signIn(demo), 'req-1')).rejects.toMatchObject({ kind: 'unavailable' })
    other.close()
  })
})

test('work that takes long outlasts its user’s token when a service hands it on, for two days', async () => {
  const text = await whole.signIn(demo, onProject('demo'))
  whole.clock.push(2 * hour)
  const authenticate = authenticator(validator, 'compute')
  const service = { name: 'nova', domain: { id: 'default' }, password: 'the computer’s' }
  const knock = (serviceToken?: string) =>
    authenticate({ method: 'GET', path: '/', token: text, serviceToken, requestId: 'req-1' }).then(
      caller => caller?.userId,
      error => error.kind,
    )
  expect(await knock()).toBe('unauthenticated')
  expect(await knock(await whole.signIn(admin, onProject('admin')))).toBe('unauthenticated')
  expect(await knock('nonsense')).toBe('unauthenticated')
  expect(await knock(await whole.signIn(service, onProject('service')))).toMatch(/^[0-9a-f]{32}$/)
  whole.clock.push(2 * day)
  expect(await knock(await whole.signIn(service, onProject('service')))).toBe('unauthenticated')
})

test('a Keystone that tells no changes is asked as its own middleware asks it', async () => {
  const client = httpClient({ url: url() })
  const other = open({ client: { ask: counting(client).ask, follow: async () => ({ status: 404, events: (async function* () {})() }) } })
  const text = await whole.signIn(demo, onProject('demo'))
  await other.validate(text, 'req-1')
  await other.validate(text, 'req-1')
  const before = lookups()
  await other.validate(text, 'req-1')
  expect(lookups()).toBe(before)
  other.close()
})
