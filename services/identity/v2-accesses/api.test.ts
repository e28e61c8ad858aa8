import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { passwords, type Whole, wholeIdentity } from '../kit.ts'

let whole: Whole
beforeAll(async () => {
  whole = await wholeIdentity({ settings: ['enable_v2=true'] })
})
afterAll(() => whole.close())

const signIn = (auth: object) => whole.ask('POST /v2.0/tokens', { body: { auth } })
const demo = { username: 'demo', password: passwords.demo }

describe('signing in as clients of version 2.0 do', () => {
  test('gives a token for a tenant, with its services by region', async () => {
    const { status, body } = await signIn({ passwordCredentials: demo, tenantName: 'demo' })
    expect(status).toBe(200)
    expect(body.access).toMatchObject({
      token: {
        id: expect.stringMatching(/^gAAAAA/),
        expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        tenant: { name: 'demo', enabled: true },
      },
      user: { name: 'demo', username: 'demo', roles: [{ name: 'member' }, { name: 'reader' }], roles_links: [] },
      metadata: { is_admin: 0, roles: [expect.any(String), expect.any(String)] },
    })
    expect(body.access.serviceCatalog.find((one: { type: string }) => one.type === 'compute')).toEqual({
      type: 'compute',
      name: 'nova',
      endpoints_links: [],
      endpoints: [
        {
          region: 'RegionOne',
          id: expect.any(String),
          publicURL: 'http://cloud:8774/v2.1',
          internalURL: 'http://cloud:8774/v2.1',
          adminURL: 'http://cloud:8774/v2.1',
        },
      ],
    })
    const looked = await whole.ask('GET /v3/auth/tokens', {
      as: body.access.token.id,
      headers: { 'x-subject-token': body.access.token.id },
    })
    expect(looked.body.token.project.id).toBe(body.access.token.tenant.id)
  })

  test('takes a user’s id, a tenant’s id, and a token for another', async () => {
    const { id } = (await whole.make('GET /v3/projects?name=demo')).projects[0]
    const userId = (await whole.make('GET /v3/users?name=demo')).users[0].id
    const plain = await signIn({ passwordCredentials: { userId, password: passwords.demo } })
    expect([plain.status, plain.body.access.token.tenant, plain.body.access.serviceCatalog]).toEqual([200, undefined, []])
    const scoped = await signIn({ token: { id: plain.body.access.token.id }, tenantId: id })
    expect([scoped.status, scoped.body.access.token.tenant.id]).toEqual([200, id])
  })

  test('is refused with a wrong password, for a foreign tenant, and outside of the default domain', async () => {
    expect((await signIn({ passwordCredentials: { ...demo, password: 'wrong' } })).status).toBe(401)
    expect((await signIn({ passwordCredentials: demo, tenantName: 'admin' })).status).toBe(401)
    const { domain } = await whole.make('POST /v3/domains', { domain: { name: 'realm' } })
    const { user } = await whole.make('POST /v3/users', { user: { name: 'ann', domain_id: domain.id, password: 'x' } })
    expect((await signIn({ passwordCredentials: { userId: user.id, password: 'x' } })).status).toBe(401)
    for (const auth of [{}, { passwordCredentials: { password: 'x' } }, { passwordCredentials: { username: 'demo' } }])
      expect((await signIn(auth)).status).toBe(400)
  })
})

test('a user’s tenants are listed to it, and to nobody without a token', async () => {
  const as = (await signIn({ passwordCredentials: demo })).body.access.token.id
  const { status, body } = await whole.ask('GET /v2.0/tenants', { as })
  expect([status, body]).toEqual([
    200,
    { tenants: [{ id: expect.any(String), name: 'demo', description: expect.any(String), enabled: true }], tenants_links: [] },
  ])
  expect((await whole.ask('GET /v2.0/tenants')).status).toBe(401)
})

test('the versions say that 2.0 is on its way out, where it is spoken at all', async () => {
  const idsOf = async ({ ask }: Whole) => (await ask('GET /')).body.versions.values.map((one: { id: string }) => one.id)
  expect(await idsOf(whole)).toEqual(['v3.14', 'v2.0'])
  expect((await whole.ask('GET /v2.0')).body.version).toMatchObject({ id: 'v2.0', status: 'deprecated' })
  const other = await wholeIdentity()
  expect(await idsOf(other)).toEqual(['v3.14'])
  expect((await other.ask('POST /v2.0/tokens', { body: { auth: { passwordCredentials: demo } } })).status).toBe(404)
  await other.close()
})
