import { fakeTokens } from '@kilonova/stories/kit/identity-tokens.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credentialApi } from '../credentials/api.ts'
import { credentialLogic } from '../credentials/logic.ts'
import { credentialStore } from '../credentials/store.ts'
import { delegationLogic } from '../delegation/logic.ts'
import { digests } from '../drivers/digests.ts'
import { type Bench, bench } from '../kit.ts'
import { ec2CredentialApi } from './api.ts'
import { type Ec2CredentialLogic, ec2CredentialLogic } from './logic/ec2-credentials.ts'
import { ec2Signature } from './logic/signature.ts'

let at: Bench
let ask: Bench['ask']
let keys: Ec2CredentialLogic
let now: number

const cipher = { seal: (plain: string) => ({ sealed: plain, keyHash: 'k' }), open: (sealed: string) => sealed, isCurrent: () => true }
const tokens = fakeTokens({
  admin: { userId: 'u-a' },
  member: { userId: 'u-m' },
  reader: { userId: 'u-r' },
  'by-credential': { userId: 'u-m', methods: ['application_credential'] },
})
const asMember = { userId: 'u-m', userDomainId: 'default', projectId: 'p-demo', projectDomainId: 'default', roles: ['member', 'reader'] }

beforeEach(async () => {
  now = Date.parse('2026-01-01T00:05:00Z')
  at = await bench(
    ({ db, write, chance }) => {
      const credentials = credentialLogic({ store: credentialStore(db, cipher), write, chance, sha256: digests.sha256, userLimit: -1 })
      const store = { hasUser: async (id: string) => id.startsWith('u-'), hasProject: async (id: string) => id.startsWith('p-') }
      keys = ec2CredentialLogic({ credentials, store, chance, clock: { now: () => now }, digests, signatureLifeMs: 900_000 })
      const delegation = delegationLogic({ tokens })
      return [...credentialApi(credentials, delegation), ...ec2CredentialApi(keys, delegation)]
    },
    { 'by-credential': asMember },
  )
  ask = at.ask
})
afterEach(() => at.close())

const url = '/v3/users/u-m/credentials/OS-EC2'
const make = async () => (await ask(`POST ${url}`, { as: 'member', body: { tenant_id: 'p-demo' } })).body.credential

describe('EC2 keys', () => {
  test('are made for a user on a project and shown with their secret', async () => {
    const { status, body } = await ask(`POST ${url}`, { as: 'member', body: { tenant_id: 'p-demo' } })
    expect(status).toBe(201)
    const { access, secret } = body.credential
    expect([access, secret]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)])
    expect(body.credential).toEqual({
      access,
      secret,
      user_id: 'u-m',
      tenant_id: 'p-demo',
      trust_id: null,
      links: { self: `http://cloud:5000${url}/${access}` },
    })
    expect((await ask(`GET ${url}/${access}`, { as: 'member' })).body).toEqual(body)
    expect((await ask(`GET ${url}`, { as: 'member' })).body.credentials).toEqual([body.credential])
  })

  test('lie among the credentials, under the hash of the access key', async () => {
    const { access } = await make()
    expect((await ask(`GET /v3/credentials/${digests.sha256(access)}`, { as: 'member' })).body.credential.type).toBe('ec2')
  })

  test('are not made for a project or a user that is not there', async () => {
    expect((await ask(`POST ${url}`, { as: 'member', body: { tenant_id: 'none' } })).status).toBe(404)
    expect((await ask('POST /v3/users/none/credentials/OS-EC2', { as: 'admin', body: { tenant_id: 'p-demo' } })).status).toBe(404)
  })

  test('go, and are then unknown to their owner', async () => {
    const { access } = await make()
    expect((await ask(`DELETE ${url}/${access}`, { as: 'member' })).status).toBe(204)
    expect((await ask(`GET ${url}/${access}`, { as: 'member' })).status).toBe(404)
  })

  test('are out of reach of a token that was handed on', async () => {
    const { access } = await make()
    expect((await ask(`GET ${url}`, { as: 'by-credential' })).status).toBe(403)
    expect((await ask(`GET ${url}/${access}`, { as: 'by-credential' })).status).toBe(403)
  })
})

describe('a request signed with EC2 keys', () => {
  const signed = (keys: { access: string; secret: string }) => {
    const request = {
      access: keys.access,
      signature: '',
      verb: 'GET',
      host: 'cloud',
      path: '/',
      params: { SignatureVersion: '2', Timestamp: '2026-01-01T00:00:00Z' },
    }
    return { ...request, signature: ec2Signature(request, keys.secret, digests) ?? '' }
  }

  test('speaks for their user on their project', async () => {
    expect(await keys.authenticate(signed(await make()), 'ec2')).toMatchObject({ userId: 'u-m', projectId: 'p-demo' })
  })

  test('speaks for nobody when the secret, the key or the time is wrong, always in the same words', async () => {
    const pair = await make()
    const refused = { kind: 'unauthenticated', message: 'The request you have made requires authentication.' }
    await expect(keys.authenticate(signed({ ...pair, secret: 'x' }), 'ec2')).rejects.toMatchObject(refused)
    await expect(keys.authenticate(signed({ ...pair, access: 'x' }), 'ec2')).rejects.toMatchObject(refused)
    now += 3_600_000
    await expect(keys.authenticate(signed(pair), 'ec2')).rejects.toMatchObject(refused)
  })
})

describe('who may', () => {
  test.each([
    ['GET', '', 200, 403, 200],
    ['POST', '', 201, 403, 201],
    ['GET', '/none', 404, 403, 404],
    ['DELETE', '/none', 404, 403, 404],
  ])('%s %s: a stranger never, the user %i, another %i, an admin %i', async (method, end, owner, other, admin) => {
    const route = `${method} ${url}${end}`
    const body = method === 'POST' ? { tenant_id: 'p-demo' } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(owner)
    expect((await ask(route, { as: 'reader', body })).status).toBe(other)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
