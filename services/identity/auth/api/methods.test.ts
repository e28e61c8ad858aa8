import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { totpAt } from '../../drivers/totp.ts'
import { admin, byPassword, demo, minute, onProject, passwords, textOf, type Whole, wholeIdentity } from '../../kit.ts'
import { pairIn, signed } from '../../kit/oauth1.ts'

let whole: Whole
beforeAll(async () => {
  whole = await wholeIdentity({ settings: ['auth.trusted_user_header=X-Remote-User'] })
})
afterAll(() => whole.close())

const idOf = async (name: string): Promise<string> => (await whole.make(`GET /v3/users?name=${name}`)).users[0].id
const refusal = { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' }
/** The roles of a token, and whom and what it speaks for. */
const summed = ({
  token,
}: {
  token: { user: { name: string }; project?: { name: string }; roles?: { name: string }[]; methods: string[] }
}) => ({
  user: token.user.name,
  project: token.project?.name,
  roles: token.roles?.map(role => role.name),
  methods: token.methods,
})

describe('a password', () => {
  test('names its user by id, or by name and domain', async () => {
    for (const user of [
      { id: await idOf('demo') },
      { name: 'demo', domain: { id: 'default' } },
      { name: 'DEMO', domain: { name: 'default' } },
    ]) {
      const { status, body, headers } = await whole.auth(byPassword({ ...user, password: passwords.demo }))
      expect([status, body.token.user.name, headers['x-subject-token']]).toEqual([201, 'demo', expect.stringMatching(/^gAAAAA[\w-]+$/)])
    }
  })

  test('that is wrong, of nobody, of a disabled user or of a disabled domain is refused in the same words', async () => {
    await whole.make('POST /v3/users', { user: { name: 'off', password: 'right', enabled: false } })
    const { domain } = await whole.make('POST /v3/domains', { domain: { name: 'shut' } })
    await whole.make('POST /v3/users', { user: { name: 'inside', domain_id: domain.id, password: 'right' } })
    await whole.make(`PATCH /v3/domains/${domain.id}`, { domain: { enabled: false } })
    for (const user of [
      { ...demo, password: 'wrong' },
      { ...demo, password: '' },
      { id: 'nobody', password: 'x' },
      { name: 'nobody', domain: { name: 'nowhere' }, password: 'x' },
      { name: 'off', domain: { id: 'default' }, password: 'right' },
      { name: 'inside', domain: { id: domain.id }, password: 'right' },
    ]) {
      const { status, body, headers } = await whole.auth(byPassword(user))
      expect([status, body]).toEqual([401, { error: refusal }])
      expect(headers['www-authenticate']).toBe('Keystone uri="/v3"')
    }
  })

  test('of nobody takes about as long to refuse as a wrong one', async () => {
    const took = async (user: object) => {
      const times: number[] = []
      for (let count = 0; count < 9; count++) {
        const began = performance.now()
        await whole.auth(byPassword({ ...user, password: `wrong ${count}` }))
        times.push(performance.now() - began)
      }
      return times.sort((one, other) => one - other)[4] ?? 0
    }
    const [known, unknown] = [await took({ id: await idOf('demo') }), await took({ id: 'nobody' })]
    expect(unknown).toBeGreaterThan(known / 4)
    expect(known).toBeGreaterThan(unknown / 4)
  })

  test.each([
    [{ methods: ['password'] }],
    [{ methods: ['password'], password: { user: { name: 'demo', password: 'x' } } }],
    [{ methods: ['password'], password: { user: { password: 'x' } } }],
    [{ methods: ['password'], password: { user: { name: 'demo', domain: { id: 'default' } } } }],
    [{ methods: [] }],
    [{}],
  ])('%j is not understood', async identity => {
    const { status, body } = await whole.auth({ identity })
    expect([status, body.error.code]).toEqual([400, 400])
  })

  test.each(['smoke-signals', 'mapped', 'constructor'])('the method %s is not supported', async method => {
    expect((await whole.auth({ identity: { methods: [method] } })).status).toBe(401)
  })
})

describe('a token', () => {
  const again = (id: string, scope?: object) => whole.auth({ identity: { methods: ['token'], token: { id } }, ...(scope ? { scope } : {}) })

  test('is exchanged for one of another scope, which names both ways of proof', async () => {
    const first = await whole.signIn(demo)
    const { status, body } = await again(first, onProject('demo'))
    expect([status, summed(body)]).toEqual([
      201,
      { user: 'demo', project: 'demo', roles: ['member', 'reader'], methods: expect.arrayContaining(['password', 'token']) },
    ])
  })

  test('that is none is not found', async () => {
    expect((await again('gAAAAAnonsense')).status).toBe(404)
  })
})

describe('an application credential', () => {
  const make = async (more: object) => {
    const as = await whole.signIn(demo, onProject('demo'))
    const wish = { application_credential: { secret: 'robot', ...more } }
    const { status, body } = await whole.ask(`POST /v3/users/${await idOf('demo')}/application_credentials`, { as, body: wish })
    expect(status).toBe(201)
    return body.application_credential
  }
  const use = (shown: object) => whole.auth({ identity: { methods: ['application_credential'], application_credential: shown } })

  test('named by id, or by name and user, gives a token of its project with its roles', async () => {
    const { id } = await make({ name: 'backup', roles: [{ name: 'reader' }] })
    for (const shown of [
      { id },
      { name: 'backup', user: { id: await idOf('demo') } },
      { name: 'backup', user: { name: 'demo', domain: { id: 'default' } } },
    ]) {
      const { status, body } = await use({ ...shown, secret: 'robot' })
      expect([status, summed(body)]).toEqual([
        201,
        { user: 'demo', project: 'demo', roles: ['reader'], methods: ['application_credential'] },
      ])
      expect(body.token.application_credential).toEqual({ id, name: 'backup', restricted: true })
    }
  })

  test('is refused with a wrong secret, under an unknown name and once it has expired', async () => {
    const soon = new Date(whole.clock.now() + 10 * minute).toISOString().replace('Z', '')
    const { id } = await make({ name: 'short', expires_at: soon })
    const signedIn = await use({ id, secret: 'robot' })
    expect([signedIn.status, signedIn.body.token.expires_at.slice(0, 19)]).toEqual([201, soon.slice(0, 19)])
    whole.clock.push(11 * minute)
    expect((await whole.ask('GET /v3/auth/catalog', { as: textOf(signedIn) })).status).toBe(401)
    for (const shown of [
      { id, secret: 'robot' },
      { id, secret: 'x' },
      { id: 'none', secret: 'robot' },
    ])
      expect(await use(shown)).toMatchObject({ status: 401, body: { error: refusal } })
  })

  test('gives no other scope, no further token, and with access rules opens only the doors they name', async () => {
    const rules = [{ service: 'identity', method: 'GET', path: '/v3/regions' }]
    const { id } = await make({ name: 'ruled', access_rules: rules })
    const signedIn = await use({ id, secret: 'robot' })
    const token = textOf(signedIn)
    expect(signedIn.body.token.application_credential.access_rules).toMatchObject(rules)
    expect((await whole.ask('GET /v3/regions', { as: token })).status).toBe(200)
    expect((await whole.ask('GET /v3/services', { as: token })).status).toBe(401)
    expect((await whole.auth({ identity: { methods: ['token'], token: { id: token } }, scope: onProject('demo') })).status).toBe(403)
    const scoped = await whole.auth({
      identity: { methods: ['application_credential'], application_credential: { id, secret: 'robot' } },
      scope: onProject('admin'),
    })
    expect(scoped.status).toBe(401)
  })
})

describe('a trust', () => {
  const trusted = async (more: object = {}) => {
    const [trustor, trustee] = [await idOf('demo'), await idOf('admin')]
    const as = await whole.signIn(demo, onProject('demo'))
    const { project } = (await whole.ask('GET /v3/auth/tokens', { as, headers: { 'x-subject-token': as } })).body.token
    const trust = {
      trustor_user_id: trustor,
      trustee_user_id: trustee,
      project_id: project.id,
      roles: [{ name: 'reader' }],
      impersonation: true,
      ...more,
    }
    const { status, body } = await whole.ask('POST /v3/OS-TRUST/trusts', { as, body: { trust } })
    expect(status).toBe(201)
    return body.trust
  }
  const use = (id: string, user: object = admin) => whole.auth({ ...byPassword(user), scope: { 'OS-TRUST:trust': { id } } })

  test('with impersonation speaks as the trustor, with the trusted roles only', async () => {
    const { id } = await trusted()
    const { status, body } = await use(id)
    expect([status, summed(body)]).toEqual([201, { user: 'demo', project: 'demo', roles: ['reader'], methods: ['password'] }])
    expect(body.token['OS-TRUST:trust']).toMatchObject({ id, impersonation: true, trustee_user: { id: await idOf('admin') } })
  })

  test('without impersonation speaks as the trustee', async () => {
    const { body } = await use((await trusted({ impersonation: false })).id)
    expect(summed(body)).toMatchObject({ user: 'admin', project: 'demo', roles: ['reader'] })
  })

  test('is for the trustee alone, and its token gives no further one', async () => {
    const { id } = await trusted()
    expect((await use(id, demo)).status).toBe(401)
    const token = textOf(await use(id))
    expect((await whole.auth({ identity: { methods: ['token'], token: { id: token } }, scope: onProject('demo') })).status).toBe(403)
  })

  test('may be used as often as it says', async () => {
    const { id } = await trusted({ remaining_uses: 2 })
    expect([(await use(id)).status, (await use(id)).status, (await use(id)).status]).toEqual([201, 201, 401])
  })

  test('ends its tokens when it is taken back, or when its giver is no longer given the role', async () => {
    const { id } = await trusted()
    const token = textOf(await use(id))
    expect((await whole.ask('GET /v3/auth/catalog', { as: token })).status).toBe(200)
    const as = await whole.signIn(demo, onProject('demo'))
    expect((await whole.ask(`DELETE /v3/OS-TRUST/trusts/${id}`, { as })).status).toBe(204)
    expect((await whole.ask('GET /v3/auth/catalog', { as: token })).status).toBe(401)
  })
})

describe('a passcode', () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

  test('of the moment proves its user, and a wrong one does not', async () => {
    const { user } = await whole.make('POST /v3/users', { user: { name: 'ann', password: 'ann’s' } })
    await whole.make('POST /v3/credentials', { credential: { type: 'totp', user_id: user.id, blob: secret } })
    const show = (passcode: string | undefined) =>
      whole.auth({ identity: { methods: ['totp'], totp: { user: { id: user.id, passcode } } } })
    expect(await show(totpAt(secret, whole.clock.now()))).toMatchObject({ status: 201, body: { token: { methods: ['totp'] } } })
    expect(await show('000000')).toMatchObject({ status: 401, body: { error: refusal } })
    expect((await whole.auth({ identity: { methods: ['totp'], totp: { user: { id: 'nobody', passcode: '000000' } } } })).status).toBe(401)
  })

  test('and a password are both asked of a user with such a rule, in one go or with a receipt in between', async () => {
    const options = { multi_factor_auth_enabled: true, multi_factor_auth_rules: [['password', 'totp']] }
    const { user } = await whole.make('POST /v3/users', { user: { name: 'eve', password: 'eve’s', options } })
    await whole.make('POST /v3/credentials', { credential: { type: 'totp', user_id: user.id, blob: secret } })
    const passcode = totpAt(secret, whole.clock.now())
    const totp = { user: { id: user.id, passcode } }
    const password = { user: { id: user.id, password: 'eve’s' } }
    expect((await whole.auth({ identity: { methods: ['password', 'totp'], password, totp } })).status).toBe(201)

    const partly = await whole.auth({ identity: { methods: ['password'], password } })
    expect([partly.status, partly.body]).toEqual([
      401,
      {
        receipt: { methods: ['password'], user: { id: user.id }, issued_at: expect.any(String), expires_at: expect.any(String) },
        required_auth_methods: [['password', 'totp']],
      },
    ])
    const receipt = String(partly.headers['openstack-auth-receipt'])
    const done = await whole.auth({ identity: { methods: ['totp'], totp } }, { 'openstack-auth-receipt': receipt })
    expect([done.status, done.body.token.methods.toSorted()]).toEqual([201, ['password', 'totp']])
    expect((await whole.auth(byPassword(demo), { 'openstack-auth-receipt': receipt })).status).toBe(401)
    expect((await whole.auth({ identity: { methods: ['totp'], totp } }, { 'openstack-auth-receipt': 'x' })).status).toBe(401)
  })
})

test('a signature by OAuth 1 speaks for whoever gave the consumer access, with the roles given', async () => {
  const as = await whole.signIn(admin, onProject('admin'))
  const { project } = (await whole.ask('GET /v3/auth/tokens', { as, headers: { 'x-subject-token': as } })).body.token
  const readerId = (await whole.make('GET /v3/roles?name=reader')).roles[0].id
  const { consumer } = await whole.make('POST /v3/OS-OAUTH1/consumers', { consumer: {} })
  const now = whole.clock.now()
  const requestPath = '/v3/OS-OAUTH1/request_token'
  const requested = await whole.ask(`POST ${requestPath}`, {
    headers: { authorization: signed(requestPath, { consumer }, now, { oauth_callback: 'oob' }), 'requested-project-id': project.id },
  })
  const token = pairIn(requested.body)
  const granted = await whole.ask(`PUT /v3/OS-OAUTH1/authorize/${token.id}`, { as, body: { roles: [{ id: readerId }] } })
  const accessPath = '/v3/OS-OAUTH1/access_token'
  const verifier = { oauth_verifier: granted.body.token.oauth_verifier }
  const access = pairIn(
    (await whole.ask(`POST ${accessPath}`, { headers: { authorization: signed(accessPath, { consumer, token }, now, verifier) } })).body,
  )
  const proof = (secret: string) => ({
    authorization: signed('/v3/auth/tokens', { consumer, token: { ...access, secret } }, now),
  })
  const { status, body } = await whole.auth({ identity: { methods: ['oauth1'], oauth1: {} } }, proof(access.secret))
  expect([status, summed(body)]).toEqual([201, { user: 'admin', project: 'admin', roles: ['reader'], methods: ['oauth1'] }])
  expect(body.token['OS-OAUTH1']).toEqual({ access_token_id: access.id, consumer_id: consumer.id })
  expect((await whole.auth({ identity: { methods: ['oauth1'], oauth1: {} } }, proof('wrong'))).status).toBe(401)
  expect((await whole.auth({ identity: { methods: ['oauth1'], oauth1: {} } })).status).toBe(401)
})

describe('somebody whom the web server in front has proved', () => {
  const identity = { methods: ['external'], external: {} }

  test('is believed where the operator trusts it', async () => {
    const { status, body } = await whole.auth({ identity }, { 'x-remote-user': 'demo' })
    expect([status, body.token.user.name, body.token.methods]).toEqual([201, 'demo', ['external']])
    expect((await whole.auth({ identity }, { 'x-remote-user': 'nobody' })).status).toBe(401)
    expect((await whole.auth({ identity })).status).toBe(401)
  })

  test('and nowhere else', async () => {
    const other = await wholeIdentity()
    expect((await other.auth({ identity }, { 'x-remote-user': 'demo', 'remote-user': 'demo', remote_user: 'demo' })).status).toBe(401)
    await other.close()
  })
})
