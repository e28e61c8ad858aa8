import { createHmac } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@kilonova/platform/clock.ts'
import { openLog } from '@kilonova/platform/log/log.ts'
import { openDatabase } from '@kilonova/platform/sql/database.ts'
import { expect, test } from 'vitest'
import { totpAt } from '../drivers/totp.ts'
import { admin, byPassword, demo, onProject, passwords, textOf, wholeIdentity } from '../kit.ts'
import { pairIn, signed } from '../kit/oauth1.ts'
import { migrations } from '../migrations/all.ts'
import type { Tables } from '../tables.ts'

test('no secret of a whole session stands in the log, the database or the change log', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kilonova-secrets-'))
  const lines: string[] = []
  const log = openLog({ daemon: 'keystone', terminal: 'json', level: 'debug', clock: systemClock, write: text => void lines.push(text) })
  const database = await openDatabase<Tables>({
    url: `sqlite:///${folder}/identity.db`,
    service: 'identity',
    migrations,
    clock: systemClock,
    log,
  })
  const settings = ['security_compliance.lockout_failure_attempts=3', 'security_compliance.unique_last_password_count=3']
  const whole = await wholeIdentity({ database: { ...database, close: async () => {} }, log, settings })
  const { ask, make, auth, signIn } = whole
  const secrets = new Map<string, string>(Object.entries({ 'admin’s password': passwords.admin, 'demo’s password': passwords.demo }))
  const secret = (name: string, text = `distinctive-${name.replaceAll(' ', '-')}-1f6b`) => {
    secrets.set(name, text)
    return text
  }

  const asDemo = secret('demo token', await signIn(demo, onProject('demo')))
  const asAdmin = secret('admin token', await signIn(admin, onProject('admin')))
  const demoId = (await make('GET /v3/users?name=demo')).users[0].id
  const demoProject = (await make('GET /v3/projects?name=demo')).projects[0].id

  const { user } = await make('POST /v3/users', { user: { name: 'ann', password: secret('first password'), email: 'ann@example.com' } })
  await make(`PATCH /v3/users/${user.id}`, { user: { password: secret('second password') } })
  const own = { original_password: secret('second password'), password: secret('third password') }
  expect((await ask(`POST /v3/users/${user.id}/password`, { body: { user: own } })).status).toBe(204)
  secret('ann’s token', await signIn({ id: user.id, password: secret('third password') }))
  await auth(byPassword({ id: user.id, password: secret('wrong password') }))
  await auth(byPassword({ name: 'nobody', domain: { id: 'default' }, password: secret('password of nobody') }))
  await ask(`POST /v3/users/${user.id}/password`, {
    body: { user: { original_password: secret('wrong original'), password: secret('refused') } },
  })
  await ask('POST /v3/users', { as: asAdmin, body: { user: { name: 'ann', password: secret('taken name') } } })
  await ask('POST /v3/users', { as: asAdmin, body: { user: { name: 5, password: secret('malformed wish') } } })
  await ask('POST /v3/users', { as: asDemo, body: { user: { name: 'eve', password: secret('forbidden wish') } } })
  await ask('POST /v3/auth/tokens', {
    body: { auth: { identity: { methods: ['password'], password: { user: { password: secret('half a wish') } } } } },
  })
  await ask('GET /v3/auth/tokens', { as: secret('no token at all'), headers: { 'x-subject-token': secret('no subject at all') } })
  await ask('GET /v3/auth/tokens', { as: asAdmin, headers: { 'x-subject-token': secret('no subject either') } })

  const totp = secret('passcode seed', 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
  await make('POST /v3/credentials', { credential: { type: 'totp', user_id: user.id, blob: totp } })
  await auth({ identity: { methods: ['totp'], totp: { user: { id: user.id, passcode: totpAt(totp, Date.now()) } } } })
  const cert = { type: 'cert', user_id: user.id, blob: secret('credential') }
  const { credential } = await make('POST /v3/credentials', { credential: cert })
  await make(`PATCH /v3/credentials/${credential.id}`, { credential: { blob: secret('credential changed') } })

  const wish = { name: 'robot', secret: secret('application credential') }
  const made = await ask(`POST /v3/users/${demoId}/application_credentials`, { as: asDemo, body: { application_credential: wish } })
  const { id } = made.body.application_credential
  const byCredential = { identity: { methods: ['application_credential'], application_credential: { id, secret: wish.secret } } }
  secret('application credential’s token', textOf(await auth(byCredential)))
  const { body } = await ask(`POST /v3/users/${demoId}/application_credentials`, {
    as: asDemo,
    body: { application_credential: { name: 'other' } },
  })
  secret('generated secret', body.application_credential.secret)

  const roles = [{ name: 'reader' }]
  const adminId = (await make('GET /v3/users?name=admin')).users[0].id
  const trust = { trustor_user_id: demoId, trustee_user_id: adminId, project_id: demoProject, impersonation: true, roles }
  const trusted = await ask('POST /v3/OS-TRUST/trusts', { as: asDemo, body: { trust } })
  secret('trust’s token', textOf(await auth({ ...byPassword(admin), scope: { 'OS-TRUST:trust': { id: trusted.body.trust.id } } })))

  const key = (await ask(`POST /v3/users/${demoId}/credentials/OS-EC2`, { as: asDemo, body: { tenant_id: demoProject } })).body.credential
  secret('EC2 secret', key.secret)
  const params = { SignatureVersion: '2', SignatureMethod: 'HmacSHA256', AWSAccessKeyId: key.access }
  const query = Object.entries(params)
    .toSorted()
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const signature = createHmac('sha256', key.secret).update(`GET\nhost\n/\n${query}`).digest('base64')
  const ec2 = { access: key.access, signature, host: 'host', verb: 'GET', path: '/', params }
  await ask('POST /v3/ec2tokens', { as: asAdmin, body: { credentials: ec2 } })

  const { consumer } = await make('POST /v3/OS-OAUTH1/consumers', { consumer: {} })
  secret('consumer’s secret', consumer.secret)
  const [requestPath, accessPath] = ['/v3/OS-OAUTH1/request_token', '/v3/OS-OAUTH1/access_token']
  const adminProject = (await make('GET /v3/projects?name=admin')).projects[0].id
  const header = signed(requestPath, { consumer }, Date.now(), { oauth_callback: 'oob' })
  const requested = pairIn(
    (await ask(`POST ${requestPath}`, { headers: { authorization: header, 'requested-project-id': adminProject } })).body,
  )
  const readerId = (await make('GET /v3/roles?name=reader')).roles[0].id
  const { token } = await make(`PUT /v3/OS-OAUTH1/authorize/${requested.id}`, { roles: [{ id: readerId }] })
  const verifier = { oauth_verifier: secret('verifier', token.oauth_verifier) }
  const proof = signed(accessPath, { consumer, token: requested }, Date.now(), verifier)
  const access = pairIn((await ask(`POST ${accessPath}`, { headers: { authorization: proof } })).body)
  secret('request token’s secret', requested.secret)
  secret('access token’s secret', access.secret)
  const signIt = signed('/v3/auth/tokens', { consumer, token: access }, Date.now())
  secret('OAuth token', textOf(await auth({ identity: { methods: ['oauth1'], oauth1: {} } }, { authorization: signIt })))

  const config = { ldap: { url: 'ldap://x', password: secret('directory password') } }
  await make('PUT /v3/domains/default/config', { config })
  await ask('DELETE /v3/auth/tokens', { as: asDemo, headers: { 'x-subject-token': asDemo } })

  const changes = JSON.stringify(await database.changes.read(0, { limit: 1000 }))
  const files = () => readdirSync(folder).map(name => readFileSync(join(folder, name)).toString('utf8'))
  // With the write-ahead log as it is, and when all has been put in its place.
  const whileOpen = files()
  await whole.close()
  await database.close()
  log.flush()
  const places = { 'the log': lines.join(''), 'the database': [...whileOpen, ...files()].join(''), 'the change log': changes }
  const found = Object.entries(places).flatMap(([place, text]) =>
    [...secrets].flatMap(([name, value]) => (text.includes(value) ? [`${name} in ${place}`] : [])),
  )
  expect(lines.length).toBeGreaterThan(20)
  expect(whileOpen.length).toBeGreaterThan(1)
  expect(changes.length).toBeGreaterThan(1000)
  expect(found).toEqual([])
  expect([...secrets.values()].filter(value => value === '' || value === 'undefined')).toEqual([])
  rmSync(folder, { recursive: true })
})
