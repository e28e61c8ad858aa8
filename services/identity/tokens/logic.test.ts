import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemChance } from '@kilonova/platform/chance.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rotateKeys } from '../drivers/fernet/key-repository.ts'
import { admin, byPassword, day, emptyDatabase, hour, minute, onProject, second, textOf, type Whole, wholeIdentity } from '../kit.ts'

let whole: Whole
beforeAll(async () => {
  whole = await wholeIdentity()
})
afterAll(() => whole.close())

const made = async (route: string, body: object) => Object.values(await whole.make(route, body))[0] as { id: string; name: string }
const roleId = async (name: string): Promise<string> => (await whole.make(`GET /v3/roles?name=${name}`)).roles[0].id
const looked = (as: string) => whole.ask('GET /v3/auth/tokens?nocatalog', { as, headers: { 'x-subject-token': as } })
const works = async (as: string) => (await looked(as)).status === 200
const rolesOf = async (as: string) => (await looked(as)).body.token.roles.map((role: { name: string }) => role.name)

let count = 0
/** A user of its own for each test, who is a reader of a project of its own, with a token for it. */
async function someone() {
  count++
  const domain = await made('POST /v3/domains', { domain: { name: `realm ${count}` } })
  const user = await made('POST /v3/users', { user: { name: `user ${count}`, domain_id: domain.id, password: 'x' } })
  const project = await made('POST /v3/projects', { project: { name: `project ${count}`, domain_id: domain.id } })
  const grant = `/v3/projects/${project.id}/users/${user.id}/roles/${await roleId('reader')}`
  await whole.make(`PUT ${grant}`)
  const shown = { id: user.id, password: 'x' }
  const signIn = () => whole.signIn(shown, { project: { id: project.id } })
  return { domain, user, project, grant, shown, signIn, token: await signIn() }
}

describe('a token dies at once', () => {
  // biome-ignore format: a table
  test.each<[string, (who: Awaited<ReturnType<typeof someone>>) => Promise<unknown>]>([
    ['its user is disabled',                    ({ user }) => whole.make(`PATCH /v3/users/${user.id}`, { user: { enabled: false } })],
    ['its user is deleted',                     ({ user }) => whole.make(`DELETE /v3/users/${user.id}`)],
    ['its user gets another password',          ({ user }) => whole.make(`PATCH /v3/users/${user.id}`, { user: { password: 'y' } })],
    ['its user changes the password',           ({ user }) => whole.ask(`POST /v3/users/${user.id}/password`, { body: { user: { original_password: 'x', password: 'y' } } })],
    ['its project is disabled',                 ({ project }) => whole.make(`PATCH /v3/projects/${project.id}`, { project: { enabled: false } })],
    ['its project is deleted',                  ({ project }) => whole.make(`DELETE /v3/projects/${project.id}`)],
    ['its domain is disabled',                  ({ domain }) => whole.make(`PATCH /v3/domains/${domain.id}`, { domain: { enabled: false } })],
    ['its last role is taken away',             ({ grant }) => whole.make(`DELETE ${grant}`)],
    ['it is ended by its bearer',               ({ token }) => whole.ask('DELETE /v3/auth/tokens', { as: token, headers: { 'x-subject-token': token } })],
  ])('when %s', async (_, act) => {
    const who = await someone()
    const unscoped = await whole.signIn(who.shown)
    expect([await works(who.token), await works(unscoped)]).toEqual([true, true])
    await act(who)
    expect(await works(who.token)).toBe(false)
  })

  test('when its role itself is deleted, or the group that gave it', async () => {
    const { user, project, shown } = await someone()
    const role = await made('POST /v3/roles', { role: { name: `doomed ${count}` } })
    const group = await made('POST /v3/groups', { group: { name: `crew ${count}` } })
    const [first, second] = [
      await made('POST /v3/projects', { project: { name: `first ${count}` } }),
      await made('POST /v3/projects', { project: { name: `second ${count}` } }),
    ]
    await whole.make(`PUT /v3/projects/${first.id}/users/${user.id}/roles/${role.id}`)
    await whole.make(`PUT /v3/groups/${group.id}/users/${user.id}`)
    await whole.make(`PUT /v3/projects/${second.id}/groups/${group.id}/roles/${await roleId('reader')}`)
    const tokens = [await whole.signIn(shown, { project: { id: first.id } }), await whole.signIn(shown, { project: { id: second.id } })]
    expect(await Promise.all(tokens.map(works))).toEqual([true, true])
    await whole.make(`DELETE /v3/roles/${role.id}`)
    await whole.make(`DELETE /v3/groups/${group.id}/users/${user.id}`)
    expect(await Promise.all(tokens.map(works))).toEqual([false, false])
    expect(await works(await whole.signIn(shown, { project: { id: project.id } }))).toBe(true)
  })
})

describe('a token goes on', () => {
  test('when another of the same user is ended', async () => {
    const { token, signIn } = await someone()
    const other = await signIn()
    await whole.ask('DELETE /v3/auth/tokens', { as: other, headers: { 'x-subject-token': other } })
    expect([await works(token), await works(other)]).toEqual([true, false])
  })

  test('with the roles its user has now', async () => {
    const { token, user, project } = await someone()
    expect(await rolesOf(token)).toEqual(['reader'])
    const member = `/v3/projects/${project.id}/users/${user.id}/roles/${await roleId('member')}`
    await whole.make(`PUT ${member}`)
    expect(await rolesOf(token)).toEqual(['member', 'reader'])
    await whole.make(`DELETE ${member}`)
    expect(await rolesOf(token)).toEqual(['reader'])
  })

  test('with the names its user, project and domain have now', async () => {
    const { token, user, project } = await someone()
    await whole.make(`PATCH /v3/users/${user.id}`, { user: { name: `renamed ${count}` } })
    await whole.make(`PATCH /v3/projects/${project.id}`, { project: { name: `moved ${count}` } })
    expect((await looked(token)).body.token).toMatchObject({ user: { name: `renamed ${count}` }, project: { name: `moved ${count}` } })
  })

  test('for whoever signs in right after a new password, in the same second', async () => {
    const { user, token } = await someone()
    for (const password of ['a', 'b', 'c']) {
      await whole.make(`PATCH /v3/users/${user.id}`, { user: { password } })
      expect(await works(await whole.signIn({ id: user.id, password }))).toBe(true)
    }
    expect(await works(token)).toBe(false)
  })
})

test('a chain of tokens shares its first audit id and its end', async () => {
  const { token, project } = await someone()
  const first = (await looked(token)).body.token
  whole.clock.push(minute)
  const again = (id: string) => whole.auth({ identity: { methods: ['token'], token: { id } }, scope: { project: { id: project.id } } })
  const second = await again(token)
  const third = await again(textOf(second))
  expect(first.audit_ids).toHaveLength(1)
  for (const { body } of [second, third]) {
    expect(body.token.audit_ids).toEqual([expect.any(String), first.audit_ids[0]])
    expect(body.token.expires_at).toBe(first.expires_at)
    expect(body.token.issued_at > first.issued_at).toBe(true)
  }
  await whole.ask('DELETE /v3/auth/tokens', { as: token, headers: { 'x-subject-token': token } })
  expect([await works(token), await works(textOf(second))]).toEqual([false, true])
})

describe('with time of its own, a cloud', () => {
  let other: Whole | undefined
  afterEach(() => other?.close())

  test('lets a token live an hour, and two days longer for services that ask for it', async () => {
    other = await wholeIdentity()
    const { clock, ask } = other
    const token = await other.signIn(admin, onProject('admin'))
    const by = async (query: string) => {
      const as = await other?.signIn(admin, onProject('admin'))
      return (await ask(`GET /v3/auth/tokens${query}`, { as, headers: { 'x-subject-token': token } })).status
    }
    clock.push(hour - 10 * second)
    expect(await by('')).toBe(200)
    clock.push(10 * second)
    expect([await by(''), await by('?allow_expired=1'), await by('?allow_expired=true'), await by('?allow_expired=0')]).toEqual([
      404, 200, 200, 404,
    ])
    expect((await ask('GET /v3/auth/catalog', { as: token })).status).toBe(401)
    clock.push(2 * day)
    expect(await by('?allow_expired=1')).toBe(404)
  })

  test('may write tokens as JWS', async () => {
    other = await wholeIdentity({ settings: ['token.provider=jws'] })
    const token = await other.signIn(admin, onProject('admin'))
    expect(token).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
    const { status, body } = await other.ask('GET /v3/auth/tokens', { as: token, headers: { 'x-subject-token': token } })
    expect([status, body.token.project.name]).toEqual([200, 'admin'])
    expect((await other.ask('GET /v3/auth/tokens', { as: `${token.slice(0, -4)}AAAA` })).status).toBe(401)
    await other.ask('DELETE /v3/auth/tokens', { as: token, headers: { 'x-subject-token': token } })
    expect((await other.ask('GET /v3/auth/catalog', { as: token })).status).toBe(401)
  })

  test('opens tokens that were sealed a rotation of keys ago, and not those of keys that are gone', async () => {
    other = await wholeIdentity()
    const { clock, ask } = other
    const folder = join(other.keyDir, 'fernet-keys')
    const old = await other.signIn(admin, onProject('admin'))
    const rotated = async () => {
      rotateKeys({ folder, maxActiveKeys: 3 }, systemChance)
      clock.push(2 * second)
      return (await ask('GET /v3/auth/catalog', { as: old })).status
    }
    expect(await rotated()).toBe(200)
    const newer = await other.signIn(admin, onProject('admin'))
    expect((await ask('GET /v3/auth/catalog', { as: newer })).status).toBe(200)
    await rotated()
    const fresh = await wholeIdentity({ database: { ...other.identity.database, close: async () => {} }, keyDir: other.keyDir, clock })
    expect((await fresh.ask('GET /v3/auth/catalog', { as: old })).status).toBe(401)
    expect((await fresh.ask('GET /v3/auth/catalog', { as: newer })).status).toBe(200)
    await fresh.close()
  })
})

describe('two processes on one database', () => {
  test('each know at once what the other was told', async () => {
    const database = await emptyDatabase()
    const shared = { ...database, close: async () => {} }
    const one = await wholeIdentity({ database: shared })
    const keyDir = mkdtempSync(join(tmpdir(), 'kilonova-second-'))
    for (const folder of ['fernet-keys', 'credential-keys']) {
      mkdirSync(join(keyDir, folder))
      for (const name of ['0', '1']) copyFileSync(join(one.keyDir, folder, name), join(keyDir, folder, name))
    }
    const two = await wholeIdentity({ database: shared, keyDir, clock: one.clock })
    const token = await one.signIn(admin, onProject('admin'))
    const status = async ({ ask }: Whole, as: string) => (await ask('GET /v3/auth/catalog', { as })).status
    expect([await status(one, token), await status(two, token)]).toEqual([200, 200])
    await two.ask('DELETE /v3/auth/tokens', { as: token, headers: { 'x-subject-token': token } })
    expect([await status(one, token), await status(two, token)]).toEqual([401, 401])
    const { user } = await one.make('POST /v3/users', { user: { name: 'ann', password: 'x' } })
    expect((await two.auth(byPassword({ id: user.id, password: 'x' }))).status).toBe(201)
    await two.make(`PATCH /v3/users/${user.id}`, { user: { password: 'y' } })
    expect((await one.auth(byPassword({ id: user.id, password: 'x' }))).status).toBe(401)
    await one.close()
    await two.close()
    await database.close()
    rmSync(keyDir, { recursive: true })
  })
})
