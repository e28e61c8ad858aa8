import { assignmentRow, domainRow, projectRow, roleRow, userRow } from '@kilonova/stories/kit/identity-rows.ts'
import { fakeTokens } from '@kilonova/stories/kit/identity-tokens.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accessRuleApi } from '../access-rules/api.ts'
import { accessRuleLogic } from '../access-rules/logic.ts'
import { accessRuleStore } from '../access-rules/store.ts'
import { assignmentLogic } from '../assignments/logic/assignments.ts'
import { assignmentStore } from '../assignments/store.ts'
import { delegationLogic } from '../delegation/logic.ts'
import { type Bench, bench } from '../kit.ts'
import { roleApi } from '../roles/api.ts'
import { roleLogic } from '../roles/logic.ts'
import { roleStore } from '../roles/store.ts'
import { applicationCredentialApi } from './api.ts'
import { type ApplicationCredentialLogic, applicationCredentialLogic } from './logic.ts'
import { applicationCredentialStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let credentials: ApplicationCredentialLogic
let now = Date.parse('2026-01-01T00:00:00Z')

const member = { id: 'member', name: 'member' }
const reader = { id: 'reader', name: 'reader' }
const ownCredential = (restricted: boolean) => ({ id: 'app', name: 'app', restricted, accessRules: undefined })
const tokens = fakeTokens({
  admin: { userId: 'u-a' },
  member: { userId: 'u-m', roles: [member, reader] },
  reader: { userId: 'u-r', roles: [reader] },
  'by-credential': { userId: 'u-m', roles: [member], methods: ['application_credential'], applicationCredential: ownCredential(true) },
  'by-free-credential': {
    userId: 'u-m',
    roles: [member],
    methods: ['application_credential'],
    applicationCredential: ownCredential(false),
  },
  'by-trust': { userId: 'u-m', roles: [member], trust: { id: 't', trustorUserId: 'u-m', trusteeUserId: 'u-x', impersonation: true } },
})
const asMember = { userId: 'u-m', userDomainId: 'default', projectId: 'p-demo', projectDomainId: 'default', roles: ['member', 'reader'] }

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z')
  at = await bench(
    ({ db, write, chance }) => {
      const accessRules = accessRuleLogic({ store: accessRuleStore(db), write, chance })
      const assignments = assignmentLogic({
        store: assignmentStore(db),
        write,
        roles: { get: id => roles.get(id), listByIds: ids => roles.listByIds(ids) },
      })
      credentials = applicationCredentialLogic({
        store: applicationCredentialStore(db),
        write,
        chance,
        clock: { now: () => now },
        passwords: { hash: async secret => `hash of ${secret}` },
        roles: { listNamed: names => roles.listNamed(names), listByIds: ids => roles.listByIds(ids) },
        accessRules,
        assignments,
        userLimit: 3,
      })
      const roles = roleLogic({ store: roleStore(db), write, chance, others: [assignments, credentials] })
      const delegation = delegationLogic({ tokens })
      return [...roleApi(roles), ...accessRuleApi(accessRules, delegation), ...applicationCredentialApi(credentials, delegation)]
    },
    { 'by-credential': asMember, 'by-free-credential': asMember, 'by-trust': asMember },
  )
  ask = at.ask
  await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], async sql => {
      await sql
        .insertInto('project')
        .values([domainRow('default'), projectRow('p-demo')])
        .execute()
      await sql
        .insertInto('user')
        .values([userRow('u-m'), userRow('u-r'), userRow('u-a')])
        .execute()
      await sql
        .insertInto('role')
        .values([roleRow('member'), roleRow('reader'), roleRow('secret')])
        .execute()
      await sql
        .insertInto('assignment')
        .values([assignmentRow('u-m', 'member', 'p-demo'), assignmentRow('u-m', 'reader', 'p-demo')])
        .execute()
    }),
  )
})
afterEach(() => at.close())

const url = '/v3/users/u-m/application_credentials'
const create = (credential: object, as = 'member') => ask(`POST ${url}`, { as, body: { application_credential: credential } })

describe('creating an application credential', () => {
  test('shows its secret, this once, with the roles and the project of the token', async () => {
    const { status, body } = await create({ name: 'backup', description: 'nightly' })
    expect(status).toBe(201)
    const shown = body.application_credential
    expect(shown.secret).toMatch(/^[\w-]{86}$/)
    expect(shown).toMatchObject({
      name: 'backup',
      description: 'nightly',
      user_id: 'u-m',
      project_id: 'p-demo',
      expires_at: null,
      unrestricted: false,
      links: { self: `http://cloud:5000${url}/${shown.id}` },
    })
    expect(shown.roles.map((role: { id: string }) => role.id)).toEqual(['member', 'reader'])
    const again = (await ask(`GET ${url}/${shown.id}`, { as: 'member' })).body.application_credential
    expect(again).not.toHaveProperty('secret')
    expect(again.name).toBe('backup')
  })

  test('takes a secret that is given, and never shows it to those who read the change log', async () => {
    expect((await create({ name: 'a', secret: 'opensesame' })).body.application_credential.secret).toBe('opensesame')
    expect(JSON.stringify(await at.db.changes.read(0))).not.toContain('opensesame')
  })

  test('narrows the roles to those named, by id or by name', async () => {
    const roles = (await create({ name: 'a', roles: [{ name: 'reader' }] })).body.application_credential.roles
    expect(roles).toMatchObject([{ id: 'reader', name: 'reader', domain_id: null }])
  })

  test('refuses a role that the token lacks', async () => {
    const { status, body } = await create({ name: 'a', roles: [{ id: 'secret' }] })
    expect([status, body.error.message]).toEqual([
      400,
      'Invalid application credential: Cannot create an application credential with unassigned role',
    ])
  })

  test('keeps its end to the microsecond and refuses one that is past', async () => {
    expect((await create({ name: 'a', expires_at: '2026-02-01T10:00:00.123456' })).body.application_credential.expires_at).toBe(
      '2026-02-01T10:00:00.123456',
    )
    expect((await create({ name: 'b', expires_at: '2025-12-31T23:59:59Z' })).status).toBe(400)
    expect((await create({ name: 'b', expires_at: 'soon' })).status).toBe(400)
  })

  test('refuses a second of the same name', async () => {
    await create({ name: 'a' })
    expect((await create({ name: 'a' })).status).toBe(409)
  })

  test('refuses more than a user may have', async () => {
    for (const name of ['a', 'b', 'c']) await create({ name })
    const { status, body } = await create({ name: 'd' })
    expect([status, body.error.message]).toEqual([
      403,
      'Unable to create additional application credentials, maximum of 3 already exceeded for user.',
    ])
  })

  test('finds access rules that the user has and makes the others', async () => {
    const rule = { service: 'compute', path: '/v2.1/servers', method: 'GET' }
    const first = (await create({ name: 'a', access_rules: [rule] })).body.application_credential.access_rules
    const second = (await create({ name: 'b', access_rules: [{ id: first[0].id }, { ...rule, method: 'POST' }] })).body
      .application_credential
    expect(first).toMatchObject([rule])
    expect(second.access_rules.map((one: { id: string }) => one.id)).toContain(first[0].id)
    expect((await ask('GET /v3/users/u-m/access_rules', { as: 'member' })).body.access_rules).toHaveLength(2)
  })

  test('by another credential needs an unrestricted one', async () => {
    expect((await create({ name: 'a' }, 'by-credential')).status).toBe(403)
    expect((await create({ name: 'a' }, 'by-free-credential')).status).toBe(201)
  })

  test('is refused to a token of a trust', async () => {
    expect((await create({ name: 'a' }, 'by-trust')).status).toBe(403)
  })
})

describe('an application credential that exists', () => {
  let id: string
  beforeEach(async () => {
    id = (await create({ name: 'backup', access_rules: [{ service: 'image', path: '/v2/images', method: 'GET' }] })).body
      .application_credential.id
  })

  test('is listed by its name', async () => {
    expect((await ask(`GET ${url}?name=backup`, { as: 'member' })).body.application_credentials).toHaveLength(1)
    expect((await ask(`GET ${url}?name=other`, { as: 'member' })).body.application_credentials).toEqual([])
  })

  test('is not shown to another user, whatever path is used', async () => {
    expect((await ask(`GET /v3/users/u-r/application_credentials/${id}`, { as: 'reader' })).status).toBe(403)
  })

  test('goes, and is then unknown to its owner', async () => {
    expect((await ask(`DELETE ${url}/${id}`, { as: 'member' })).status).toBe(204)
    const { status, body } = await ask(`GET ${url}/${id}`, { as: 'member' })
    expect([status, body.error.message]).toEqual([404, `Could not find Application Credential: ${id}.`])
  })

  test('loses a role that goes, and goes with its user', async () => {
    const cause = { requestId: 'req-test', why: 'test' }
    await at.db.transaction(cause, tx => credentials.forgetRole(tx, 'reader'))
    expect((await credentials.find(id))?.roles.map(role => role.id)).toEqual(['member'])
    await at.db.transaction(cause, tx => credentials.forgetUser(tx, 'u-m'))
    expect(await credentials.find(id)).toBeUndefined()
  })

  test('keeps its access rules from being deleted, until it goes', async () => {
    const [rule] = (await ask('GET /v3/users/u-m/access_rules', { as: 'member' })).body.access_rules
    expect((await ask(`DELETE /v3/users/u-m/access_rules/${rule.id}`, { as: 'member' })).status).toBe(403)
    await ask(`DELETE ${url}/${id}`, { as: 'member' })
    expect((await ask(`GET /v3/users/u-m/access_rules/${rule.id}`, { as: 'member' })).body.access_rule).toMatchObject({
      path: '/v2/images',
    })
    expect((await ask(`DELETE /v3/users/u-m/access_rules/${rule.id}`, { as: 'member' })).status).toBe(204)
    expect((await ask(`DELETE /v3/users/u-m/access_rules/${rule.id}`, { as: 'member' })).status).toBe(404)
  })
})

describe('who may', () => {
  test.each([
    [`GET ${url}`, 200, 403, 200],
    [`POST ${url}`, 201, 403, 403],
    [`GET ${url}/none`, 404, 403, 404],
    [`DELETE ${url}/none`, 404, 403, 404],
    ['GET /v3/users/u-m/access_rules', 200, 403, 403],
    ['GET /v3/users/u-m/access_rules/none', 404, 403, 403],
    ['DELETE /v3/users/u-m/access_rules/none', 404, 403, 403],
  ])('%s: a stranger never, the user %i, another %i, an admin %i', async (route, owner, other, admin) => {
    const body = route.startsWith('P') ? { application_credential: { name: 'x' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(owner)
    expect((await ask(route, { as: 'reader', body })).status).toBe(other)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
