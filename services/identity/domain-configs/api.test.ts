import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, unsealed } from '../kit.ts'
import { domainConfigApi } from './api.ts'
import { domainConfigLogic } from './logic.ts'
import { domainConfigStore } from './store.ts'

let at: Bench
let configs: ReturnType<typeof domainConfigLogic>
beforeEach(async () => {
  at = await bench(({ db, write }) => {
    configs = domainConfigLogic({
      store: domainConfigStore(db, unsealed),
      write,
      defaultDomainId: 'default',
      securityCompliance: { password_regex: '^.{8,}$', password_regex_description: 'eight characters' },
    })
    return domainConfigApi(configs)
  })
  for (const id of ['default', 'sales']) await insertDomain(id)
})
afterEach(() => at.close())

const insertDomain = (id: string) =>
  at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], sql =>
      sql
        .insertInto('project')
        .values({
          id,
          name: id,
          name_folded: id,
          domain_id: '',
          parent_id: '',
          is_domain: 1,
          enabled: 1,
          description: '',
          options: '{}',
          extra: '{}',
        })
        .execute(),
    ),
  )

const root = '/v3/domains/sales/config'
const ask = (verb: string, path = '', config?: object, as = 'admin') =>
  at.ask(`${verb} ${root}${path}`, { as, body: config === undefined ? undefined : { config } })
const sample = { identity: { driver: 'ldap' }, ldap: { url: 'ldap://host', user_tree_dn: 'ou=Users' } }
const secret = { ...sample, ldap: { ...sample.ldap, password: 's3cret', user: 'cn=%(password)s' } }

describe('giving a domain options of its own', () => {
  test('shows them: 201 at first, 200 when others are replaced', async () => {
    const first = await ask('PUT', '', sample)
    expect([first.status, first.body]).toEqual([201, { config: sample }])
    const second = await ask('PUT', '', { identity: { list_limit: 7 } })
    expect([second.status, second.body]).toEqual([200, { config: { identity: { list_limit: 7 } } }])
    expect((await ask('GET')).body).toEqual({ config: { identity: { list_limit: 7 } } })
  })

  test.each([
    [{}, 'No options specified'],
    [{ ldap: {} }, 'The value of group ldap specified in the config should be a dictionary of options'],
    [{ ldap: 'x' }, 'The value of group ldap specified in the config should be a dictionary of options'],
    [{ token: { provider: 'x' } }, 'Group token is not supported for domain specific configurations'],
    [{ constructor: { name: 'x' } }, 'Group constructor is not supported for domain specific configurations'],
    [{ ldap: { colour: 'x' } }, 'Option colour in group ldap is not supported for domain specific configurations'],
  ])('refuses %o', async (config, reason) => {
    const { status, body } = await ask('PUT', '', config)
    expect([status, body.error.message]).toEqual([403, `Invalid domain specific configuration: ${reason}.`])
  })

  test('refuses a domain that is not there', async () => {
    for (const verb of ['PUT', 'PATCH', 'DELETE']) {
      const body = verb === 'DELETE' ? undefined : { config: sample }
      const answer = await at.ask(`${verb} /v3/domains/none/config`, { as: 'admin', body })
      expect([answer.status, answer.body.error.message]).toEqual([404, 'Could not find domain: none.'])
    }
  })
})

describe('a domain’s options', () => {
  beforeEach(async () => {
    await ask('PUT', '', sample)
  })

  test('are shown whole, by group or one by one', async () => {
    expect((await ask('GET')).body.config).toEqual(sample)
    expect((await ask('GET', '/ldap')).body.config).toEqual({ ldap: sample.ldap })
    expect((await ask('GET', '/ldap/url')).body.config).toEqual({ url: 'ldap://host' })
    expect((await ask('HEAD', '/ldap/url')).status).toBe(200)
  })

  test.each([
    ['/ldap/suffix', 'option suffix in group ldap'],
    ['/ldap/password', 'option password in group ldap'],
  ])('do not hold %s', async (path, what) => {
    const { status, body } = await ask('GET', path)
    expect([status, body.error.message]).toEqual([404, `Could not find ${what} in domain configuration for domain sales.`])
  })

  test('are none in a domain that was given none', async () => {
    const { status, body } = await at.ask('GET /v3/domains/default/config', { as: 'admin' })
    expect([status, body.error.message]).toEqual([404, 'Could not find any options in domain configuration for domain default.'])
  })

  test('change and grow', async () => {
    const { status, body } = await ask('PATCH', '', { ldap: { url: 'ldap://new', suffix: 'cn=x' } })
    expect([status, body.config]).toEqual([200, { ...sample, ldap: { ...sample.ldap, url: 'ldap://new', suffix: 'cn=x' } }])
  })

  test('change by group and one by one; the answer is the whole', async () => {
    const byGroup = await ask('PATCH', '/identity', { identity: { driver: 'sql', list_limit: 5 } })
    expect(byGroup.body.config).toEqual({ ...sample, identity: { driver: 'sql', list_limit: 5 } })
    const byOption = await ask('PATCH', '/identity/driver', { driver: 'x' })
    expect(byOption.body.config.identity).toEqual({ driver: 'x', list_limit: 5 })
  })

  test.each([
    ['/ldap', { identity: { driver: 'x' } }, 403, 'request to update group ldap, but config provided contains group identity instead'],
    ['/ldap', sample, 403, 'Trying to update group ldap, so that, and only that, group must be specified in the config'],
    ['/ldap/url', { suffix: 'x' }, 403, 'but config provided contains option suffix instead'],
    ['/ldap/url', { url: 'x', suffix: 'x' }, 403, 'so that, and only that, option must be specified'],
    ['/ldap/suffix', { suffix: 'x' }, 404, 'Could not find option suffix in group ldap'],
    ['/token', { token: { provider: 'x' } }, 403, 'Group token is not supported'],
  ])('do not change at %s by %o', async (path, config, status, message) => {
    const answer = await ask('PATCH', path, config)
    expect(answer.status).toBe(status)
    expect(answer.body.error.message).toContain(message)
    expect((await ask('GET')).body.config).toEqual(sample)
  })

  test('are taken one by one, by group and whole', async () => {
    expect((await ask('DELETE', '/ldap/url')).status).toBe(204)
    expect((await ask('DELETE', '/ldap/url')).status).toBe(404)
    expect((await ask('GET', '/ldap')).body.config).toEqual({ ldap: { user_tree_dn: 'ou=Users' } })
    expect((await ask('DELETE', '/ldap')).status).toBe(204)
    const { body } = await ask('DELETE', '/ldap/url')
    expect(body.error.message).toBe('Could not find group ldap in domain configuration for domain sales.')
    for (let i = 0; i < 2; i++) expect((await ask('DELETE')).status).toBe(204)
    expect((await ask('GET')).status).toBe(404)
  })

  test('go with their domain', async () => {
    await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx => configs.forgetDomain(tx, 'sales'))
    expect((await ask('GET')).status).toBe(404)
  })
})

describe('a sensitive option', () => {
  beforeEach(async () => {
    await ask('PUT', '', secret)
  })

  test('is never shown, not in the log of changes either', async () => {
    await ask('PATCH', '/ldap/password', { password: 's3cret2' })
    const shown = [(await ask('GET')).body, (await ask('PATCH', '', sample)).body, await at.db.changes.read(0)]
    expect(JSON.stringify(shown)).not.toContain('s3cret')
    expect((await ask('GET')).body.config.ldap).toEqual({ ...sample.ldap, user: 'cn=%(password)s' })
  })

  test('is filled into others for whoever acts on them', async () => {
    expect((await configs.getWithSecrets('sales'))['ldap']).toMatchObject({ password: 's3cret', user: 'cn=s3cret' })
  })
})

describe('the defaults', () => {
  const defaults = async (path: string) => at.ask(`GET /v3/domains/config${path}/default`, { as: 'admin' })

  test('are shown whole, by group or one by one', async () => {
    expect(Object.keys((await defaults('')).body.config)).toEqual(['identity', 'ldap'])
    expect((await defaults('/identity')).body).toEqual({ config: { identity: { driver: 'sql', list_limit: null } } })
    expect((await defaults('/ldap/url')).body).toEqual({ config: { url: 'ldap://localhost' } })
  })

  test.each([
    ['/token', 'Group token is not supported for domain specific configurations'],
    ['/ldap/colour', 'Option colour in group ldap is not supported for domain specific configurations'],
    ['/ldap/password', 'Reading the default for option password in group ldap is not supported'],
  ])('of %s are refused', async (path, reason) => {
    const { status, body } = await defaults(path)
    expect([status, body.error.message]).toEqual([403, `Invalid domain specific configuration: ${reason}.`])
  })
})

describe('what passwords must look like', () => {
  const compliance = (path = '', domain = 'default') =>
    at.ask(`GET /v3/domains/${domain}/config/security_compliance${path}`, { as: 'member' })

  test('is told to everybody', async () => {
    const all = { password_regex: '^.{8,}$', password_regex_description: 'eight characters' }
    expect((await compliance()).body).toEqual({ config: { security_compliance: all } })
    expect((await compliance('/password_regex')).body).toEqual({ config: { password_regex: '^.{8,}$' } })
  })

  test('is all that is told, and only of the default domain', async () => {
    expect((await compliance('/lockout_duration')).status).toBe(403)
    const { status, body } = await compliance('', 'sales')
    expect(status).toBe(403)
    expect(body.error.message).toContain('any domain other than the default domain')
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/domains/config/default', 403, 200, 200],
    ['GET /v3/domains/config/ldap/default', 403, 200, 200],
    ['GET /v3/domains/config/ldap/url/default', 403, 200, 200],
    ['PUT /v3/domains/sales/config', 403, 403, 201],
    ['GET /v3/domains/sales/config', 403, 404, 404],
    ['GET /v3/domains/sales/config/ldap', 403, 404, 404],
    ['GET /v3/domains/sales/config/ldap/url', 403, 404, 404],
    ['PATCH /v3/domains/sales/config', 403, 403, 200],
    ['PATCH /v3/domains/sales/config/ldap', 403, 403, 404],
    ['PATCH /v3/domains/sales/config/ldap/url', 403, 403, 404],
    ['DELETE /v3/domains/sales/config', 403, 403, 204],
    ['DELETE /v3/domains/sales/config/ldap', 403, 403, 404],
    ['DELETE /v3/domains/sales/config/ldap/url', 403, 403, 404],
    ['GET /v3/domains/default/config/security_compliance', 200, 200, 200],
    ['GET /v3/domains/default/config/security_compliance/password_regex', 200, 200, 200],
  ])('%s: a stranger never, a member %i, a reader of the system %i, an admin %i', async (route, member, reader, admin) => {
    const config = route.endsWith('url') ? { url: 'x' } : { ldap: { url: 'x' } }
    const body = /^P/.test(route) ? { config } : undefined
    expect((await at.ask(route, { body })).status).toBe(401)
    expect((await at.ask(route, { as: 'member', body })).status).toBe(member)
    expect((await at.ask(route, { as: 'system-reader', body })).status).toBe(reader)
    expect((await at.ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
