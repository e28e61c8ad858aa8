import { fakeTokens } from '@kilonova/stories/kit/identity-tokens.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { delegationLogic } from '../delegation/logic.ts'
import { digests } from '../drivers/digests.ts'
import { type Bench, bench } from '../kit.ts'
import { credentialApi } from './api.ts'
import { type CredentialLogic, credentialLogic } from './logic.ts'
import { credentialStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let credentials: CredentialLogic

const cipher = {
  seal: (plain: string) => ({ sealed: Buffer.from(plain).toString('base64'), keyHash: 'k' }),
  open: (sealed: string) => Buffer.from(sealed, 'base64').toString(),
  isCurrent: () => true,
}
const asMember = { userId: 'u-m', userDomainId: 'default', projectId: 'p-demo', projectDomainId: 'default', roles: ['member', 'reader'] }
const tokens = fakeTokens({
  admin: { userId: 'u-a' },
  member: { userId: 'u-m' },
  reader: { userId: 'u-r' },
  'system-reader': { userId: 'u-sr' },
  'by-trust': { userId: 'u-m', trust: { id: 't', trustorUserId: 'u-m', trusteeUserId: 'u-x', impersonation: true } },
  'by-credential': { userId: 'u-m', methods: ['application_credential'] },
})

beforeEach(async () => {
  at = await bench(
    ({ db, write, chance }) => {
      credentials = credentialLogic({ store: credentialStore(db, cipher), write, chance, sha256: digests.sha256, userLimit: 4 })
      return credentialApi(credentials, delegationLogic({ tokens }))
    },
    { 'by-trust': asMember, 'by-credential': asMember },
  )
  ask = at.ask
})
afterEach(() => at.close())

const create = (credential: object, as = 'admin') => ask('POST /v3/credentials', { as, body: { credential } })
const totp = (userId = 'u-m') => ({ type: 'totp', blob: 'JBSWY3DP', user_id: userId })
const ec2 = (access = 'AKIA', more = {}) => ({
  type: 'ec2',
  blob: JSON.stringify({ access, secret: 's3cret', ...more }),
  user_id: 'u-m',
  project_id: 'p-demo',
})

describe('keeping a credential', () => {
  test('shows it as it was given', async () => {
    const { status, body } = await create(totp())
    expect(status).toBe(201)
    const { id } = body.credential
    expect(body.credential).toEqual({
      id,
      user_id: 'u-m',
      project_id: null,
      type: 'totp',
      blob: 'JBSWY3DP',
      links: { self: `http://cloud:5000/v3/credentials/${id}` },
    })
  })

  test('seals what lies in the database and tells the change log nothing of it', async () => {
    await create(totp())
    const [row] = await at.db.read.selectFrom('credential').selectAll().execute()
    expect(row?.encrypted_blob).not.toContain('JBSWY3DP')
    expect(JSON.stringify(await at.db.changes.read(0))).not.toContain('JBSWY3DP')
  })

  test('gives an EC2 key the hash of its access key as id, once', async () => {
    expect((await create(ec2())).body.credential.id).toBe(digests.sha256('AKIA'))
    expect((await create(ec2())).status).toBe(409)
  })

  test.each([
    ['without a project', { ...ec2(), project_id: undefined }],
    ['whose blob is no JSON', { ...ec2(), blob: 'x' }],
    ['without an access key', { ...ec2(), blob: '{"secret": "s"}' }],
    ['with an empty blob', { ...ec2(), blob: '{}' }],
  ])('refuses an EC2 key %s', async (_, credential) => {
    expect((await create(credential)).status).toBe(400)
  })

  test('refuses more than a user may have', async () => {
    for (let i = 0; i < 4; i++) expect((await create(totp())).status).toBe(201)
    const { status, body } = await create(totp())
    expect([status, body.error.message]).toEqual([403, 'Unable to create additional credentials, maximum of 4 already exceeded for user.'])
  })

  test('is refused for another user, and to a token that was handed on', async () => {
    expect((await create(totp('u-r'), 'member')).status).toBe(403)
    expect((await create(totp(), 'by-trust')).status).toBe(403)
    expect((await create(totp(), 'by-credential')).status).toBe(403)
    expect((await create(totp(), 'member')).status).toBe(201)
  })
})

describe('listing credentials', () => {
  beforeEach(async () => {
    await create(totp('u-m'))
    await create(ec2())
    await create(totp('u-r'))
  })
  const count = async (query: string, as: string) => (await ask(`GET /v3/credentials${query}`, { as })).body.credentials.length

  test('shows an administrator and a reader of the system all of them', async () => {
    expect([await count('', 'admin'), await count('', 'system-reader')]).toEqual([3, 3])
    expect([await count('?user_id=u-m', 'admin'), await count('?type=ec2', 'admin')]).toEqual([2, 1])
  })

  test('shows a user its own', async () => {
    expect([await count('', 'member'), await count('', 'reader'), await count('?user_id=u-m', 'reader')]).toEqual([2, 1, 0])
  })

  test('shows a token that was handed on none', async () => {
    expect([await count('', 'by-trust'), await count('', 'by-credential')]).toEqual([0, 0])
  })
})

describe('a credential that exists', () => {
  const update = (id: string, credential: object) => ask(`PATCH /v3/credentials/${id}`, { as: 'admin', body: { credential } })

  test('changes its blob, and its project where nothing binds it', async () => {
    const { id } = (await create(ec2())).body.credential
    const blob = JSON.stringify({ access: 'other', secret: 'new' })
    expect((await update(id, { blob, project_id: 'p2', type: 'ec2' })).body.credential).toMatchObject({ id, blob, project_id: 'p2' })
  })

  test('keeps its user, its type and what it is bound to', async () => {
    const { id } = (await create(ec2('AKIA', { trust_id: 't1' }))).body.credential
    expect((await update(id, { user_id: 'u-r' })).status).toBe(400)
    expect((await update(id, { type: 'cert' })).status).toBe(400)
    expect((await update(id, { project_id: 'p2' })).status).toBe(400)
    const { status, body } = await update(id, { blob: JSON.stringify({ access: 'AKIA', secret: 's' }) })
    expect([status, body.error.message]).toEqual([400, 'trust_id can not be updated for credential'])
  })

  test('goes', async () => {
    const { id } = (await create(totp())).body.credential
    expect((await ask(`DELETE /v3/credentials/${id}`, { as: 'member' })).status).toBe(204)
    expect((await ask(`GET /v3/credentials/${id}`, { as: 'admin' })).status).toBe(404)
  })

  test('goes with its user', async () => {
    await create(totp())
    await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx => credentials.forgetUser(tx, 'u-m'))
    expect((await ask('GET /v3/credentials', { as: 'admin' })).body.credentials).toEqual([])
  })
})

describe('who may', () => {
  test.each([
    ['GET', 200, 403, 200],
    ['PATCH', 200, 403, 200],
    ['DELETE', 204, 403, 204],
  ])('%s a credential: a stranger never, its user %i, another %i, an admin %i', async (method, owner, other, admin) => {
    const route = async () => `${method} /v3/credentials/${(await create(totp())).body.credential.id}`
    const body = method === 'PATCH' ? { credential: { blob: 'x' } } : undefined
    expect((await ask(await route(), { body })).status).toBe(401)
    expect((await ask(await route(), { as: 'reader', body })).status).toBe(other)
    expect((await ask(await route(), { as: 'member', body })).status).toBe(owner)
    expect((await ask(await route(), { as: 'admin', body })).status).toBe(admin)
  })

  test('a stranger neither lists nor creates', async () => {
    expect((await ask('GET /v3/credentials')).status).toBe(401)
    expect((await ask('POST /v3/credentials', { body: { credential: totp() } })).status).toBe(401)
  })
})
