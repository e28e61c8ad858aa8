import { assignmentRow, domainRow, projectRow, roleRow } from '@kilonova/stories/kit/identity-rows.ts'
import { fakeTokens } from '@kilonova/stories/kit/identity-tokens.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { assignmentLogic } from '../assignments/logic/assignments.ts'
import { assignmentStore } from '../assignments/store.ts'
import { consumerApi } from '../consumers/api.ts'
import { consumerLogic } from '../consumers/logic.ts'
import { consumerStore } from '../consumers/store.ts'
import { delegationLogic } from '../delegation/logic.ts'
import { oauth1Signatures } from '../drivers/oauth1-signature.ts'
import { type Bench, bench, unsealed } from '../kit.ts'
import { type Keys, pairIn, signed as signedAt } from '../kit/oauth1.ts'
import { requestTokenApi } from '../request-tokens/api.ts'
import { requestTokenLogic } from '../request-tokens/logic.ts'
import { requestTokenStore } from '../request-tokens/store.ts'
import { roleLogic } from '../roles/logic.ts'
import { roleStore } from '../roles/store.ts'
import { accessTokenApi } from './api.ts'
import { type AccessTokenLogic, accessTokenLogic } from './logic.ts'
import { accessTokenStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let accessTokens: AccessTokenLogic
let now: number
let revoked: (string | undefined)[]

const asAdmin = { userId: 'u-a', userDomainId: 'default', projectId: 'p-admin', projectDomainId: 'default', roles: ['admin'] }
const tokens = fakeTokens({
  admin: { userId: 'u-a' },
  member: { userId: 'u-m' },
  'by-credential': { userId: 'u-a', methods: ['application_credential'] },
})

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:00:00Z')
  revoked = []
  at = await bench(
    ({ db, write, chance }) => {
      const clock = { now: () => now }
      const signatures = oauth1Signatures
      const delegation = delegationLogic({ tokens })
      const roles = roleLogic({ store: roleStore(db), write, chance, others: [] })
      const assignments = assignmentLogic({ store: assignmentStore(db), write, roles })
      const others: Parameters<typeof consumerLogic>[0]['others'][number][] = []
      const consumers = consumerLogic({ store: consumerStore(db, unsealed), write, chance, others })
      const requestTokens = requestTokenLogic({
        store: requestTokenStore(db, unsealed),
        write,
        chance,
        clock,
        signatures,
        consumers,
        roles,
        assignments,
        lifeMs: 28_800_000,
      })
      accessTokens = accessTokenLogic({
        store: accessTokenStore(db, unsealed),
        write,
        chance,
        clock,
        signatures,
        consumers,
        requestTokens,
        roles,
        revocations: { revoke: async (_, { accessTokenId }) => void revoked.push(accessTokenId) },
        lifeMs: 86_400_000,
      })
      others.push(requestTokens, accessTokens)
      return [...consumerApi(consumers), ...requestTokenApi(requestTokens, delegation), ...accessTokenApi(accessTokens, delegation)]
    },
    { 'by-credential': asAdmin },
  )
  ask = at.ask
  await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], async sql => {
      await sql
        .insertInto('project')
        .values([domainRow('default'), projectRow('p1')])
        .execute()
      await sql
        .insertInto('role')
        .values([roleRow('member'), roleRow('reader')])
        .execute()
      await sql
        .insertInto('assignment')
        .values([assignmentRow('u-a', 'member', 'p1')])
        .execute()
    }),
  )
})
afterEach(() => at.close())

const signed = (path: string, keys: Keys, more?: Record<string, string>) => signedAt(path, keys, now, more)

const newConsumer = async () =>
  (await ask('POST /v3/OS-OAUTH1/consumers', { as: 'admin', body: { consumer: { description: 'x' } } })).body.consumer

const requestToken = (keys: Keys, projectId: string | undefined = 'p1') =>
  ask('POST /v3/OS-OAUTH1/request_token', {
    headers: {
      authorization: signed('/v3/OS-OAUTH1/request_token', keys, { oauth_callback: 'oob' }),
      ...(projectId === '' ? {} : { 'requested-project-id': projectId }),
    },
  })

const grant = (id: string, roles: object[] = [{ id: 'member' }], as = 'admin') =>
  ask(`PUT /v3/OS-OAUTH1/authorize/${id}`, { as, body: { roles } })

const accessToken = (keys: Keys, verifier: string) =>
  ask('POST /v3/OS-OAUTH1/access_token', {
    headers: { authorization: signed('/v3/OS-OAUTH1/access_token', keys, { oauth_verifier: verifier }) },
  })

/** A consumer that has been given access, and with what it signs. */
async function accessGiven() {
  const consumer = await newConsumer()
  const requested = pairIn((await requestToken({ consumer })).body)
  const verifier = (await grant(requested.id)).body.token.oauth_verifier
  const token = pairIn((await accessToken({ consumer, token: requested }, verifier)).body)
  return { consumer, requested, verifier, token }
}

describe('a consumer', () => {
  test('shows its secret when it is created and never again', async () => {
    const { id, secret } = await newConsumer()
    expect(secret).toMatch(/^[0-9a-f]{32}$/)
    const { body } = await ask(`GET /v3/OS-OAUTH1/consumers/${id}`, { as: 'admin' })
    expect(body.consumer).toEqual({ id, description: 'x', links: { self: `http://cloud:5000/v3/OS-OAUTH1/consumers/${id}` } })
    expect((await ask('GET /v3/OS-OAUTH1/consumers', { as: 'admin' })).body.consumers).toEqual([body.consumer])
    expect(JSON.stringify(await at.db.changes.read(0))).not.toContain(secret)
  })

  test('changes its description but not its secret', async () => {
    const { id } = await newConsumer()
    const patch = (consumer: object) => ask(`PATCH /v3/OS-OAUTH1/consumers/${id}`, { as: 'admin', body: { consumer } })
    expect((await patch({ description: 'y' })).body.consumer.description).toBe('y')
    expect((await patch({ secret: 'mine' })).status).toBe(400)
  })

  test('takes the tokens given to it along', async () => {
    const { consumer, token } = await accessGiven()
    expect((await ask(`DELETE /v3/OS-OAUTH1/consumers/${consumer.id}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`GET /v3/users/u-a/OS-OAUTH1/access_tokens/${token.id}`, { as: 'admin' })).status).toBe(404)
    expect((await ask(`GET /v3/OS-OAUTH1/consumers/${consumer.id}`, { as: 'admin' })).status).toBe(404)
  })
})

describe('asking to act for somebody', () => {
  test('is answered with a token and its secret, as a form', async () => {
    const { status, headers, body } = await requestToken({ consumer: await newConsumer() })
    expect([status, headers['content-type']]).toEqual([201, 'application/x-www-form-urlencoded'])
    expect(body).toMatch(/^oauth_token=[0-9a-f]{32}&oauth_token_secret=[0-9a-f]{32}&oauth_expires_at=2026-01-01T08:00:00\.000000Z$/)
  })

  test('is refused with a wrong secret, late, without a project, or by nobody', async () => {
    const consumer = await newConsumer()
    expect((await requestToken({ consumer: { ...consumer, secret: 'x' } })).status).toBe(401)
    expect((await requestToken({ consumer }, 'none')).status).toBe(404)
    expect((await requestToken({ consumer }, '')).status).toBe(400)
    expect((await requestToken({ consumer: { id: 'none', secret: 'x' } })).status).toBe(404)
    expect((await ask('POST /v3/OS-OAUTH1/request_token')).status).toBe(400)
    const authorization = signed('/v3/OS-OAUTH1/request_token', { consumer })
    now += 3_600_000
    const late = await ask('POST /v3/OS-OAUTH1/request_token', { headers: { authorization, 'requested-project-id': 'p1' } })
    expect(late.status).toBe(401)
  })
})

describe('granting a request', () => {
  test('gives a verifier', async () => {
    const { id } = pairIn((await requestToken({ consumer: await newConsumer() })).body)
    const { status, body } = await grant(id, [{ name: 'member' }])
    expect(status).toBe(200)
    expect(body).toEqual({ token: { oauth_verifier: expect.stringMatching(/^[a-zA-Z2-9]{8}$/) } })
  })

  test('is refused for roles that the user lacks, late, to delegated tokens, and of what is not there', async () => {
    const { id } = pairIn((await requestToken({ consumer: await newConsumer() })).body)
    expect((await grant(id, [{ id: 'reader' }])).status).toBe(401)
    expect((await grant(id, [{ id: 'member' }], 'by-credential')).status).toBe(403)
    expect((await grant('none')).status).toBe(404)
    now += 28_800_001
    expect((await grant(id)).status).toBe(401)
  })
})

describe('access that was given', () => {
  test('comes of one request, once', async () => {
    const { consumer, requested, verifier, token } = await accessGiven()
    expect(token.id).toMatch(/^[0-9a-f]{32}$/)
    expect((await accessToken({ consumer, token: requested }, verifier)).status).toBe(404)
  })

  test('needs the right verifier, a grant and both secrets', async () => {
    const consumer = await newConsumer()
    const requested = pairIn((await requestToken({ consumer })).body)
    expect((await accessToken({ consumer, token: requested }, 'guess')).status).toBe(401)
    const verifier = (await grant(requested.id)).body.token.oauth_verifier
    expect((await accessToken({ consumer, token: requested }, 'guess')).status).toBe(401)
    expect((await accessToken({ consumer, token: { ...requested, secret: 'x' } }, verifier)).status).toBe(401)
    expect((await accessToken({ consumer: await newConsumer(), token: requested }, verifier)).status).toBe(401)
    expect((await accessToken({ consumer, token: requested }, verifier)).status).toBe(201)
  })

  test('is shown to an administrator with its roles, without its secret', async () => {
    const { consumer, token } = await accessGiven()
    const self = `http://cloud:5000/v3/users/u-a/OS-OAUTH1/access_tokens/${token.id}`
    const { body } = await ask(`GET /v3/users/u-a/OS-OAUTH1/access_tokens/${token.id}`, { as: 'admin' })
    expect(body.access_token).toEqual({
      id: token.id,
      consumer_id: consumer.id,
      authorizing_user_id: 'u-a',
      project_id: 'p1',
      expires_at: '2026-01-02T00:00:00.000000Z',
      links: { self, roles: `${self}/roles` },
    })
    expect((await ask('GET /v3/users/u-a/OS-OAUTH1/access_tokens', { as: 'admin' })).body.access_tokens).toEqual([body.access_token])
    const path = `/v3/users/u-a/OS-OAUTH1/access_tokens/${token.id}/roles`
    expect((await ask(`GET ${path}`, { as: 'admin' })).body.roles).toMatchObject([{ id: 'member', name: 'member' }])
    expect((await ask(`GET ${path}/member`, { as: 'admin' })).body.role.id).toBe('member')
    expect((await ask(`GET ${path}/reader`, { as: 'admin' })).status).toBe(404)
    expect(JSON.stringify(await at.db.changes.read(0))).not.toContain(token.secret)
  })

  test('signs in for its user on its project until it ends', async () => {
    const { consumer, token } = await accessGiven()
    const request = () => ({
      method: 'POST',
      url: 'http://cloud:5000/v3/auth/tokens',
      authorization: signed('/v3/auth/tokens', { consumer, token }),
    })
    expect(await accessTokens.authenticate(request())).toEqual({ id: token.id, userId: 'u-a', projectId: 'p1' })
    await expect(accessTokens.authenticate({ ...request(), url: 'http://cloud:5000/v3/other' })).rejects.toMatchObject({
      kind: 'unauthenticated',
    })
    now += 86_400_000
    await expect(accessTokens.authenticate(request())).rejects.toMatchObject({ kind: 'unauthenticated' })
  })

  test('is taken back, with the tokens it made', async () => {
    const { token } = await accessGiven()
    const route = (userId: string) => `DELETE /v3/users/${userId}/OS-OAUTH1/access_tokens/${token.id}`
    expect((await ask(route('u-m'), { as: 'admin' })).status).toBe(401)
    expect((await ask(route('u-a'), { as: 'admin' })).status).toBe(204)
    expect(revoked).toEqual([token.id])
    expect((await ask(route('u-a'), { as: 'admin' })).status).toBe(404)
  })
})

describe('who may', () => {
  const access = '/v3/users/u-m/OS-OAUTH1/access_tokens'
  test.each([
    ['GET /v3/OS-OAUTH1/consumers', 403, 200],
    ['POST /v3/OS-OAUTH1/consumers', 403, 201],
    ['GET /v3/OS-OAUTH1/consumers/none', 403, 404],
    ['PATCH /v3/OS-OAUTH1/consumers/none', 403, 404],
    ['DELETE /v3/OS-OAUTH1/consumers/none', 403, 404],
    ['PUT /v3/OS-OAUTH1/authorize/none', 403, 404],
    [`GET ${access}`, 403, 200],
    [`GET ${access}/none`, 403, 404],
    [`DELETE ${access}/none`, 403, 404],
    [`GET ${access}/none/roles`, 403, 404],
    [`GET ${access}/none/roles/none`, 403, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    const body = route.startsWith('PUT') ? { roles: [] } : route.startsWith('P') ? { consumer: { description: 'x' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })

  test('what a consumer signs needs no token, and is refused to whoever does not sign', async () => {
    expect((await ask('POST /v3/OS-OAUTH1/request_token', { as: 'member' })).status).toBe(400)
    expect((await ask('POST /v3/OS-OAUTH1/access_token', { as: 'member' })).status).toBe(400)
    expect((await ask('GET /v3/OS-OAUTH1/access_token', { as: 'member' })).status).toBe(405)
  })
})
