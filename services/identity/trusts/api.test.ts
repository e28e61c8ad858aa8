import { assignmentRow, domainRow, projectRow, roleRow, userRow } from '@kilonova/stories/kit/identity-rows.ts'
import { fakeTokens } from '@kilonova/stories/kit/identity-tokens.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assignmentLogic } from '../assignments/logic/assignments.ts'
import { assignmentStore } from '../assignments/store.ts'
import type { Token } from '../contract/token.ts'
import { delegationLogic } from '../delegation/logic.ts'
import { type Bench, bench } from '../kit.ts'
import { roleLogic } from '../roles/logic.ts'
import { roleStore } from '../roles/store.ts'
import { trustApi } from './api.ts'
import { type TrustLogic, trustLogic } from './logic/trusts.ts'
import { trustStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let trusts: TrustLogic
let now: number
let revoked: (string | undefined)[]

const member = { userDomainId: 'default', projectId: 'p1', projectDomainId: 'default', roles: ['member', 'reader'] }
const callers = {
  ann: { ...member, userId: 'ann' },
  bob: { ...member, userId: 'bob' },
  cleo: { ...member, userId: 'cleo' },
  'by-credential': { ...member, userId: 'ann' },
  'by-trust': { ...member, userId: 'ann' },
}
const cause = { requestId: 'req-test', why: 'test' }

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z')
  revoked = []
  byTrust = undefined
  at = await bench(({ db, write, chance }) => {
    const roles = roleLogic({ store: roleStore(db), write, chance, others: [] })
    trusts = trustLogic({
      store: trustStore(db),
      write,
      chance,
      clock: { now: () => now },
      roles,
      assignments: assignmentLogic({ store: assignmentStore(db), write, roles }),
      revocations: { revoke: async (_, { trustId }) => void revoked.push(trustId) },
      maxRedelegations: 3,
    })
    return trustApi(trusts, delegationLogic({ tokens: { validate } }))
  }, callers)
  ask = at.ask
  await at.db.transaction(cause, tx =>
    tx.change([], async sql => {
      await sql
        .insertInto('project')
        .values([domainRow('default'), projectRow('p1')])
        .execute()
      await sql
        .insertInto('user')
        .values(['ann', 'bob', 'cleo'].map(id => userRow(id)))
        .execute()
      await sql
        .insertInto('role')
        .values([roleRow('member'), roleRow('reader'), roleRow('auditor')])
        .execute()
      await sql
        .insertInto('assignment')
        .values([assignmentRow('ann', 'member', 'p1'), assignmentRow('ann', 'reader', 'p1')])
        .execute()
    }),
  )
})
afterEach(() => at.close())

/** The trust behind the token of the caller `by-trust`. */
let byTrust: Token['trust']
const validate = (name: string) =>
  fakeTokens({
    admin: { userId: 'u-a' },
    member: { userId: 'u-m' },
    'system-reader': { userId: 'u-sr' },
    ann: { userId: 'ann' },
    bob: { userId: 'bob' },
    cleo: { userId: 'cleo' },
    'by-credential': { userId: 'ann', methods: ['application_credential'] },
    'by-trust': { userId: 'ann', trust: byTrust },
  }).validate(name)

const wish = { trustor_user_id: 'ann', trustee_user_id: 'bob', impersonation: true, project_id: 'p1', roles: [{ name: 'member' }] }
const create = (more: object = {}, as = 'ann') => ask('POST /v3/OS-TRUST/trusts', { as, body: { trust: { ...wish, ...more } } })
const url = '/v3/OS-TRUST/trusts'

describe('creating a trust', () => {
  test('shows it with its roles', async () => {
    const { status, body } = await create({ expires_at: '2026-02-01T10:00:00.123456Z' })
    expect(status).toBe(201)
    const { id } = body.trust
    expect(body.trust).toEqual({
      id,
      trustor_user_id: 'ann',
      trustee_user_id: 'bob',
      project_id: 'p1',
      impersonation: true,
      expires_at: '2026-02-01T10:00:00.000000Z',
      remaining_uses: null,
      redelegation_count: 0,
      redelegated_trust_id: null,
      deleted_at: null,
      roles: [expect.objectContaining({ id: 'member', name: 'member', links: { self: 'http://cloud:5000/v3/roles/member' } })],
      roles_links: { self: `http://cloud:5000${url}/${id}/roles`, next: null, previous: null },
      links: { self: `http://cloud:5000${url}/${id}` },
    })
  })

  test.each([
    ['of somebody else', { trustor_user_id: 'bob' }, 403],
    ['without a role on a project', { roles: [] }, 403],
    ['of a role that the trustor lacks', { roles: [{ id: 'auditor' }] }, 404],
    ['of a role that is not there', { roles: [{ name: 'none' }] }, 404],
    ['for a user who is not there', { trustee_user_id: 'none' }, 404],
    ['on a project that is not there', { project_id: 'none' }, 404],
    ['that is over already', { expires_at: '2025-12-31T00:00:00Z' }, 400],
    ['until a time that is none', { expires_at: 'bad.123Z' }, 400],
    ['for no use at all', { remaining_uses: 0 }, 400],
    ['that is handed on oftener than is allowed', { allow_redelegation: true, redelegation_count: 4 }, 403],
    ['that is counted and handed on', { allow_redelegation: true, remaining_uses: 1 }, 400],
  ])('refuses one %s', async (_, more, status) => {
    expect((await create(more)).status).toBe(status)
  })

  test('is refused to the token of an application credential', async () => {
    const { status, body } = await create({}, 'by-credential')
    expect(status).toBe(403)
    expect(body.error.message).toContain('Delegated tokens cannot manage trusts.')
  })

  test('refuses the same again until the same time', async () => {
    await create({ expires_at: '2026-02-01T10:00:00Z' })
    expect((await create({ expires_at: '2026-02-01T10:00:00Z' })).status).toBe(409)
    expect((await create()).status).toBe(201)
    expect((await create()).status).toBe(201)
  })
})

describe('a trust that exists', () => {
  let id: string
  const get = (path = '', as = 'ann') => ask(`GET ${url}/${id}${path}`, { as })
  beforeEach(async () => {
    id = (await create({ expires_at: '2026-02-01T00:00:00Z', remaining_uses: 2 })).body.trust.id
  })

  test('is seen by trustor and trustee, with its roles', async () => {
    expect([(await get()).status, (await get('', 'bob')).status, (await get('', 'cleo')).status]).toEqual([200, 200, 403])
    expect((await get('/roles')).body.roles.map((role: { id: string }) => role.id)).toEqual(['member'])
    expect((await get('/roles/member', 'bob')).body.role.name).toBe('member')
    expect((await ask(`HEAD ${url}/${id}/roles/member`, { as: 'bob' })).status).toBe(200)
    expect((await get('/roles/reader', 'bob')).status).toBe(404)
  })

  test('is used up', async () => {
    await trusts.consumeUse(id, cause)
    expect((await get()).body.trust.remaining_uses).toBe(1)
    await trusts.consumeUse(id, cause)
    await expect(trusts.consumeUse(id, cause)).rejects.toMatchObject({ kind: 'not-found' })
    expect((await get()).status).toBe(404)
  })

  test('runs out', async () => {
    now = Date.parse('2026-02-01T00:00:01Z')
    expect((await get()).status).toBe(404)
  })

  test('ends by its trustor, not by its trustee, and ends its tokens', async () => {
    expect((await ask(`DELETE ${url}/${id}`, { as: 'bob' })).status).toBe(403)
    expect((await ask(`DELETE ${url}/${id}`, { as: 'ann' })).status).toBe(204)
    expect(revoked).toEqual([id])
    const { status, body } = await get()
    expect([status, body.error.message]).toEqual([404, `Could not find trust: ${id}.`])
    expect((await ask(`DELETE ${url}/${id}`, { as: 'ann' })).status).toBe(404)
    const row = await at.db.read.selectFrom('trust').select('deleted_at').where('id', '=', id).executeTakeFirst()
    expect(row?.deleted_at).toBe('2026-01-01T00:00:00.000000Z')
  })

  test('is listed for its trustor and its trustee, without its roles', async () => {
    const ids = async (query: string, as: string) =>
      (await ask(`GET ${url}${query}`, { as })).body.trusts?.map((one: { id: string }) => one.id)
    expect(await ids('?trustor_user_id=ann', 'ann')).toEqual([id])
    expect(await ids('?trustee_user_id=bob', 'bob')).toEqual([id])
    expect(await ids('?trustee_user_id=ann', 'ann')).toEqual([])
    expect((await ask(`GET ${url}?trustor_user_id=ann`, { as: 'bob' })).status).toBe(403)
    expect((await ask(`GET ${url}?trustee_user_id=bob`, { as: 'ann' })).status).toBe(403)
    const { body } = await ask(`GET ${url}`, { as: 'admin' })
    expect(body.trusts).toHaveLength(1)
    expect(body.trusts[0]).not.toHaveProperty('roles')
  })

  test('loses a role that goes, and ends with its trustee', async () => {
    await at.db.transaction(cause, tx => trusts.forgetRole(tx, 'member'))
    expect((await get()).body.trust.roles).toEqual([])
    await at.db.transaction(cause, tx => trusts.forgetUser(tx, 'bob'))
    expect((await get()).status).toBe(404)
  })
})

describe('handing a trust on', () => {
  const first = async (more: object = {}) => {
    const { id } = (await create({ allow_redelegation: true, roles: [{ id: 'member' }, { id: 'reader' }], ...more })).body.trust
    byTrust = { id, trustorUserId: 'ann', trusteeUserId: 'bob', impersonation: true }
    return id
  }
  const handOn = (more: object = {}) => create({ trustee_user_id: 'cleo', allow_redelegation: true, ...more }, 'by-trust')

  test('makes a smaller one that names it', async () => {
    const id = await first()
    const { status, body } = await handOn()
    expect(status).toBe(201)
    expect(body.trust).toMatchObject({ redelegated_trust_id: id, redelegation_count: 2 })
    expect(body.trust.roles.map((role: { id: string }) => role.id)).toEqual(['member'])
  })

  test('inherits its end', async () => {
    await first({ expires_at: '2026-02-01T00:00:00Z' })
    expect((await handOn()).body.trust.expires_at).toBe('2026-02-01T00:00:00.000000Z')
    expect((await handOn({ expires_at: '2026-02-02T00:00:00Z' })).status).toBe(403)
  })

  test('refuses roles that it does not give, counts of uses, another depth, and impersonation that it does not allow', async () => {
    await first({ roles: [{ id: 'reader' }], impersonation: false })
    expect((await handOn({ roles: [{ id: 'member' }], impersonation: false })).status).toBe(403)
    expect((await handOn({ roles: [{ id: 'reader' }], impersonation: true })).status).toBe(403)
    expect((await handOn({ roles: [{ id: 'reader' }], impersonation: false, redelegation_count: 1 })).status).toBe(403)
    expect((await handOn({ roles: [{ id: 'reader' }], impersonation: false, allow_redelegation: false, remaining_uses: 1 })).status).toBe(
      403,
    )
    expect((await handOn({ roles: [{ id: 'reader' }], impersonation: false })).status).toBe(201)
  })

  test('is refused where the first does not allow it', async () => {
    await first({ allow_redelegation: false })
    expect((await handOn()).status).toBe(403)
  })

  test('ends with the first', async () => {
    const id = await first()
    const second = (await handOn()).body.trust.id
    expect((await ask(`DELETE ${url}/${id}`, { as: 'ann' })).status).toBe(204)
    expect([...revoked].sort()).toEqual([id, second].sort())
    expect((await ask(`GET ${url}/${second}`, { as: 'cleo' })).status).toBe(404)
  })
})

describe('who may', () => {
  test.each([
    [`GET ${url}`, 403, 200],
    [`POST ${url}`, 403, 403],
    [`GET ${url}/none`, 404, 404],
    [`DELETE ${url}/none`, 404, 404],
    [`GET ${url}/none/roles`, 404, 404],
    [`GET ${url}/none/roles/none`, 404, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    const body = route.startsWith('P') ? { trust: wish } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })

  test.each(['', '/roles', '/roles/member'])('GET a trust%s: not somebody else, but an admin and a reader of the system', async path => {
    const { id } = (await create()).body.trust
    expect((await ask(`GET ${url}/${id}${path}`, { as: 'cleo' })).status).toBe(403)
    expect((await ask(`GET ${url}/${id}${path}`, { as: 'admin' })).status).toBe(200)
    expect((await ask(`GET ${url}/${id}${path}`, { as: 'system-reader' })).status).toBe(200)
  })
})
