import { Refusal } from '@kilonova/platform/refusal.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import type { Transaction } from '../tables.ts'
import { userApi } from './api.ts'
import { userLogic } from './logic.ts'
import { userStore } from './store.ts'
import type { SecurityOptions } from './user.ts'

const start = Date.parse('2026-03-01T12:00:00.500Z')
const day = 86_400_000
const cause = { requestId: 'req-1', why: 'test' }
let now: number
let security: { -readonly [Name in keyof SecurityOptions]: SecurityOptions[Name] }
let ended: string[]
let gone: string[]
let at: Bench
let ask: Bench['ask']
let logic: ReturnType<typeof userLogic>
const write = (work: Parameters<Transaction['change']>[1]) => at.db.transaction(cause, tx => tx.change([], work))

beforeEach(async () => {
  now = start
  security = { uniqueLastPasswordCount: 0, minimumPasswordAge: 0, changePasswordUponFirstUse: false }
  ended = []
  gone = []
  at = await bench(({ db, write, chance }) => {
    logic = userLogic({
      store: userStore(db),
      write,
      chance,
      clock: { now: () => now },
      passwords: { hash: async password => `#${password}`, verify: async (password, hash) => hash === `#${password}` },
      security,
      revocations: { revoke: async (_, { userId }) => void ended.push(userId ?? '') },
      others: [{ forgetUser: async (_, id) => void gone.push(id) }],
      defaultDomainId: 'default',
    })
    const get = async (id: string) => {
      if (id !== 'crew') throw new Refusal('not-found', `Could not find group: ${id}.`)
      return { id, domainId: 'default' } as never
    }
    return userApi(logic, { get })
  })
  ask = at.ask
  const blank = { options: '{}', extra: '{}', enabled: 1, description: '' }
  await write(async sql => {
    for (const id of ['default', 'other'])
      await sql
        .insertInto('project')
        .values({ ...blank, id, name: id, name_folded: id, domain_id: '', parent_id: '', is_domain: 1 })
        .execute()
  })
})
afterEach(() => at.close())

const create = (user: object) => ask('POST /v3/users', { as: 'admin', body: { user } })
const made = async (user: object): Promise<string> => (await create(user)).body.user.id
const show = async (id: string) => (await ask(`GET /v3/users/${id}`, { as: 'admin' })).body.user
const change = (id: string, user: object) => ask(`PATCH /v3/users/${id}`, { as: 'admin', body: { user } })
const changePassword = (id: string, original_password: string, password: string) =>
  ask(`POST /v3/users/${id}/password`, { body: { user: { original_password, password } } })
const names = ({ body }: { body: { users: { name: string }[] } }) => body.users.map(one => one.name)
const login = async (id: string) => (await logic.findForLogin({ id })) ?? expect.unreachable()

describe('creating a user', () => {
  test('shows it in the default domain, with free attributes and never with its password', async () => {
    const { status, body } = await create({ name: ' ann ', password: 's3cret', email: 'ann@example.org', description: 'chief' })
    expect(status).toBe(201)
    const { id } = body.user
    expect(body.user).toEqual({
      id,
      name: 'ann',
      domain_id: 'default',
      enabled: true,
      password_expires_at: null,
      options: {},
      email: 'ann@example.org',
      description: 'chief',
      links: { self: `http://cloud:5000/v3/users/${id}` },
    })
    expect((await login(id)).passwordHash).toBe('#s3cret')
    expect(JSON.stringify(await at.db.changes.read(0))).not.toContain('s3cret')
  })

  test('refuses a name that another of the domain has, in whatever case', async () => {
    await create({ name: 'ann' })
    const { status, body } = await create({ name: 'Ann' })
    expect([status, body.error.message]).toEqual([
      409,
      'Conflict occurred attempting to store user - Duplicate entry found with name Ann at domain ID default.',
    ])
    expect((await create({ name: 'Ann', domain_id: 'other' })).status).toBe(201)
  })

  test.each([
    [{ domain_id: 'nowhere' }, 404, 'Could not find domain: nowhere.'],
    [{ default_project_id: 'other' }, 400, "User's default project ID cannot be a domain ID: other"],
    [{ name: ' ' }, 400, 'name'],
    [{ password: 5 }, 400, 'password'],
    [{ options: { loud: true } }, 400, 'loud'],
    [{ options: { multi_factor_auth_rules: [[]] } }, 400, '[] is too short'],
    [
      { federated: [{ idp_id: 'acme', protocols: [{ protocol_id: 'saml2', unique_id: 'a' }] }] },
      400,
      'Could not find Identity Provider: acme',
    ],
  ])('refuses %o', async (wrong, code, message) => {
    const { status, body } = await create({ name: 'ann', ...wrong })
    expect(status).toBe(code)
    expect(body.error.message).toContain(message)
  })
})

describe('changing a user', () => {
  test('changes what the wish names, takes options back with null, and repeats the free attributes', async () => {
    const id = await made({ name: 'ann', email: 'a@x', options: { lock_password: true, ignore_password_expiry: true } })
    const { body } = await change(id, { name: 'anna', options: { lock_password: null }, default_project_id: 'p' })
    expect(body.user).toMatchObject({ name: 'anna', default_project_id: 'p', extra: { email: 'a@x' } })
    expect(body.user.options).toEqual({ ignore_password_expiry: true })
    expect((await show(id)).extra).toBeUndefined()
  })

  test.each([
    [{ domain_id: 'other' }, 'Cannot change Domain ID'],
    [{ id: 'x' }, 'Cannot change ID'],
    [{}, 'does not have enough properties'],
  ])('refuses %o', async (wish, message) => {
    const { status, body } = await change(await made({ name: 'ann' }), wish)
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })

  test('ends its tokens when it gets a new password or is disabled, and only then', async () => {
    const id = await made({ name: 'ann', password: 'one' })
    await change(id, { email: 'a@x' })
    expect(ended).toEqual([])
    await change(id, { password: 'two' })
    await change(id, { enabled: false })
    await change(id, { enabled: false })
    expect(ended).toEqual([id, id])
  })

  test('keeps only the password in force when none must differ from earlier ones', async () => {
    const id = await made({ name: 'ann', password: 'one' })
    await change(id, { password: 'two' })
    expect(await at.db.read.selectFrom('password').select(['hash', 'ordinal']).execute()).toEqual([{ hash: '#two', ordinal: 2 }])
    await change(id, { password: null })
    expect((await login(id)).passwordHash).toBeNull()
  })
})

describe('listing users', () => {
  beforeEach(async () => {
    security.passwordExpiresDays = 10
    const ann = await made({ name: 'Ann', password: 'p' })
    await create({ name: 'bob', enabled: false })
    await create({ name: 'zoe', domain_id: 'other' })
    await write(sql => sql.insertInto('membership').values({ user_id: ann, group_id: 'crew' }).execute())
  })

  test.each([
    ['', ['Ann', 'bob', 'zoe']],
    ['name=ann', ['Ann']],
    ['name__icontains=a', ['Ann']],
    ['enabled=0', ['bob']],
    ['domain_id=other', ['zoe']],
    ['idp_id=acme', []],
    ['password_expires_at=2026-03-11T12:00:00Z', ['Ann']],
    ['password_expires_at=lt:2026-03-11T12:00:00Z', []],
    ['password_expires_at=gt:2026-03-01T00:00:00Z&password_expires_at=lte:2026-03-12T00:00:00Z', ['Ann']],
  ])('with "%s" gives %o', async (query, expected) => {
    expect(names(await ask(`GET /v3/users?${query}`, { as: 'admin' }))).toEqual(expected)
  })

  test.each([
    ['soon', 'Timestamp not in expected format.'],
    ['xx:2026-03-11T12:00:00Z', 'The given operator xx is not valid.'],
  ])('refuses %s as an end of a password', async (filter, message) => {
    const { status, body } = await ask(`GET /v3/users?password_expires_at=${filter}`, { as: 'admin' })
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })

  test('shows when a password expires', async () => {
    const { body } = await ask('GET /v3/users?name=ann', { as: 'admin' })
    expect(body.users[0].password_expires_at).toBe('2026-03-11T12:00:00.000000')
  })

  test('of a group, or as the admin of a domain, gives those only', async () => {
    expect(names(await ask('GET /v3/groups/crew/users', { as: 'admin' }))).toEqual(['Ann'])
    expect(names(await ask('GET /v3/users', { as: 'domain-admin' }))).toEqual(['Ann', 'bob'])
    expect(names(await ask('GET /v3/users?domain_id=other', { as: 'domain-admin' }))).toEqual([])
  })
})

describe('changing one’s own password', () => {
  test('needs the old one and no token, and ends all tokens', async () => {
    const id = await made({ name: 'ann', password: 'one' })
    const wrong = await changePassword(id, 'guess', 'two')
    expect([wrong.status, wrong.body.error.message]).toEqual([401, 'The request you have made requires authentication.'])
    expect((await changePassword('nobody', 'one', 'two')).status).toBe(401)
    expect((await changePassword(id, 'one', 'two')).status).toBe(204)
    expect(ended).toEqual([id])
    expect((await login(id)).passwordHash).toBe('#two')
  })

  test('works when the password has expired, but not when the account is disabled', async () => {
    security.changePasswordUponFirstUse = true
    const id = await made({ name: 'ann', password: 'one' })
    expect(logic.mustChangePassword(await login(id))).toBe(true)
    expect((await changePassword(id, 'one', 'two')).status).toBe(204)
    expect(logic.mustChangePassword(await login(id))).toBe(false)
    await change(id, { enabled: false })
    expect((await changePassword(id, 'two', 'three')).body.error.message).toBe(`The account is disabled for user: ${id}.`)
  })

  test('is refused when the user’s options lock the password', async () => {
    const id = await made({ name: 'ann', password: 'one', options: { lock_password: true } })
    const { status, body } = await changePassword(id, 'one', 'two')
    expect(status).toBe(400)
    expect(body.error.message).toContain('password policy disallowing password changes')
  })

  test('refuses earlier passwords, as many as must differ', async () => {
    security.uniqueLastPasswordCount = 2
    const id = await made({ name: 'ann', password: 'one' })
    await changePassword(id, 'one', 'two')
    for (const earlier of ['one', 'two']) {
      const { status, body } = await changePassword(id, 'two', earlier)
      expect(status).toBe(400)
      expect(body.error.message).toContain('The total number which includes the new password must be unique is 2.')
    }
    await changePassword(id, 'two', 'three')
    expect((await changePassword(id, 'three', 'one')).status).toBe(204)
  })

  test('has to wait for the minimum age, which an administrator’s reset does not set off', async () => {
    security.minimumPasswordAge = 2
    const id = await made({ name: 'ann', password: 'one' })
    await changePassword(id, 'one', 'two')
    const { status, body } = await changePassword(id, 'two', 'three')
    expect(status).toBe(400)
    expect(body.error.message).toContain('it must be used for 2 day(s) before it can be changed.')
    now += 2 * day
    expect((await changePassword(id, 'two', 'three')).status).toBe(204)
  })

  test('refuses what the operator’s pattern does not fit, saying what would', async () => {
    const id = await made({ name: 'ann', password: 'one' })
    security.passwordRegex = '[a-z]*\\d$'
    security.passwordRegexDescription = 'letters, then a digit'
    const refused = 'The password does not match the requirements: letters, then a digit.'
    expect((await changePassword(id, 'one', 'two')).body.error.message).toBe(refused)
    expect((await create({ name: 'bob', password: 'Two2' })).body.error.message).toBe(refused)
    expect((await changePassword(id, 'one', 'two2')).status).toBe(204)
  })
})

describe('signing in', () => {
  test('finds a user by id, or by name in whatever case within a domain', async () => {
    const id = await made({ name: 'Ann', password: 'one' })
    await create({ name: 'ann', domain_id: 'other' })
    for (const who of [{ id }, { name: 'ANN' }, { name: 'ann', domainId: 'default' }, { name: 'ann', domainName: 'Default' }])
      expect(await logic.findForLogin(who)).toMatchObject({ id, domain: { id: 'default', enabled: true }, enabled: true })
    expect(await logic.findForLogin({ name: 'bob' })).toBeUndefined()
    await write(sql => sql.updateTable('project').set({ enabled: 0 }).where('id', '=', 'default').execute())
    expect((await login(id)).enabled).toBe(false)
  })

  test('is locked after too many failures, for a while, and starts afresh after that', async () => {
    Object.assign(security, { lockoutFailureAttempts: 2, lockoutDuration: 60 })
    const id = await made({ name: 'ann', password: 'one' })
    for (const locked of [false, true]) {
      await logic.recordFailure(await login(id), cause)
      expect(logic.isLockedOut(await login(id))).toBe(locked)
    }
    expect((await changePassword(id, 'one', 'two')).body.error.message).toBe('The request you have made requires authentication.')
    now += 60_000
    expect(logic.isLockedOut(await login(id))).toBe(false)
    await logic.recordFailure(await login(id), cause)
    expect((await login(id)).failedCount).toBe(1)
    await logic.recordSuccess(await login(id), cause)
    expect(await login(id)).toMatchObject({ failedCount: 0, failedAt: null })
  })

  test('is unlocked by whoever enables the user again', async () => {
    security.lockoutFailureAttempts = 1
    const id = await made({ name: 'ann' })
    await logic.recordFailure(await login(id), cause)
    expect(logic.isLockedOut(await login(id))).toBe(true)
    await change(id, { enabled: true })
    expect(logic.isLockedOut(await login(id))).toBe(false)
  })

  test('writes nothing for a success that changes nothing', async () => {
    const id = await made({ name: 'ann' })
    await logic.recordSuccess(await login(id), cause)
    await logic.recordFailure(await login(id), cause)
    expect(await login(id)).toMatchObject({ lastActiveAt: null, failedCount: 0 })
  })

  test('counts as activity, without which an account ends as disabled', async () => {
    security.disableUserAccountDaysInactive = 5
    const id = await made({ name: 'ann' })
    now += 4 * day
    await logic.recordSuccess(await login(id), cause)
    now += 4 * day
    expect((await show(id)).enabled).toBe(true)
    now += day
    expect((await show(id)).enabled).toBe(false)
    expect((await login(id)).enabled).toBe(false)
    expect(names(await ask('GET /v3/users?enabled=true', { as: 'admin' }))).toEqual([])
    await change(id, { enabled: true })
    expect((await show(id)).enabled).toBe(true)
  })
})

describe('deleting a user', () => {
  test('makes others forget it', async () => {
    const id = await made({ name: 'ann', password: 'one' })
    expect((await ask(`DELETE /v3/users/${id}`, { as: 'admin' })).status).toBe(204)
    expect(gone).toEqual([id])
    expect((await ask(`GET /v3/users/${id}`, { as: 'admin' })).status).toBe(404)
    expect(await at.db.read.selectFrom('password').selectAll().execute()).toEqual([])
  })

  test('happens to all of a domain that goes; a project that goes is nobody’s default any more', async () => {
    const ann = await made({ name: 'ann', default_project_id: 'p' })
    await create({ name: 'zoe', domain_id: 'other' })
    await at.db.transaction(cause, async tx => {
      await logic.forgetProject(tx, 'p')
      await logic.forgetDomain(tx, 'other')
    })
    expect(names(await ask('GET /v3/users', { as: 'admin' }))).toEqual(['ann'])
    expect((await show(ann)).default_project_id).toBeUndefined()
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/users', 403, 200, 200],
    ['POST /v3/users', 403, 201, 403],
    ['GET /v3/users/none', 403, 404, 404],
    ['PATCH /v3/users/none', 403, 404, 403],
    ['DELETE /v3/users/none', 403, 404, 403],
    ['GET /v3/groups/crew/users', 403, 200, 200],
    ['GET /v3/groups/none/users', 403, 404, 404],
  ])('%s: a stranger never, a member %i, an admin %i, a reader of the system %i', async (route, member, admin, reader) => {
    const wish = route.startsWith('P') ? { body: { user: { name: 'u' } } } : {}
    expect((await ask(route, wish)).status).toBe(401)
    expect((await ask(route, { as: 'member', ...wish })).status).toBe(member)
    expect((await ask(route, { as: 'admin', ...wish })).status).toBe(admin)
    expect((await ask(route, { as: 'system-reader', ...wish })).status).toBe(reader)
  })

  test('a user sees itself, and nobody else', async () => {
    await logic.create({ id: 'u-m', name: 'm' }, cause)
    await logic.create({ id: 'u-r', name: 'r' }, cause)
    expect((await ask('GET /v3/users/u-m', { as: 'member' })).status).toBe(200)
    expect((await ask('GET /v3/users/u-r', { as: 'member' })).status).toBe(403)
    expect((await ask('GET /v3/users/u-m/password')).status).toBe(405)
  })
})
