import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { projectLogic } from '../projects/logic.ts'
import { projectStore } from '../projects/store.ts'
import { domainApi } from './api.ts'
import { domainLogic } from './logic.ts'

const gone: string[] = []
let at: Bench
let ask: Bench['ask']
let logic: ReturnType<typeof domainLogic>
let projects: ReturnType<typeof projectLogic>
const cause = { requestId: 'req-1', why: 'test' }
beforeEach(async () => {
  gone.length = 0
  at = await bench(({ db, write, chance }) => {
    const others = [
      { forgetProject: async (_: unknown, id: string) => void gone.push(`project ${id}`) },
      { forgetDomain: async (_: unknown, id: string) => void gone.push(`domain ${id}`) },
    ]
    projects = projectLogic({ store: projectStore(db), write, chance, others, defaultDomainId: 'default', maxTreeDepth: 5 })
    logic = domainLogic({ projects })
    return domainApi(logic, { domainsOf: async () => ['default'] })
  })
  ask = at.ask
  await logic.create({ id: 'default', name: 'Default' }, cause)
})
afterEach(() => at.close())

const create = (domain: object) => ask('POST /v3/domains', { as: 'admin', body: { domain } })
const change = (id: string, domain: object) => ask(`PATCH /v3/domains/${id}`, { as: 'admin', body: { domain } })
const remove = (id: string) => ask(`DELETE /v3/domains/${id}`, { as: 'admin' })
const realm = '0123456789abcdef0123456789abcdef'

describe('creating a domain', () => {
  test('shows it without a place in the tree', async () => {
    const { status, body } = await create({ name: 'realm', explicit_domain_id: realm, colour: 'green' })
    expect(status).toBe(201)
    expect(body).toEqual({
      domain: {
        id: realm,
        name: 'realm',
        enabled: true,
        description: '',
        tags: [],
        options: {},
        colour: 'green',
        links: { self: `http://cloud:5000/v3/domains/${realm}` },
      },
    })
  })

  test('refuses an id of the client’s that is no UUID', async () => {
    const { status, body } = await create({ name: 'realm', explicit_domain_id: 'mine' })
    expect([status, body.error.message]).toEqual([400, 'Domain ID does not conform to required UUID format.'])
  })

  test('refuses a name that another has, in whatever case', async () => {
    const { status, body } = await create({ name: 'DEFAULT' })
    expect([status, body.error.message]).toEqual([
      409,
      'Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: DEFAULT.',
    ])
  })
})

test('domains are listed by name and by being enabled', async () => {
  await create({ name: 'off', enabled: false })
  const names = async (query: string) =>
    (await ask(`GET /v3/domains?${query}`, { as: 'admin' })).body.domains.map((one: { name: string }) => one.name)
  expect(await names('')).toEqual(['Default', 'off'])
  expect(await names('name=default')).toEqual(['Default'])
  expect(await names('enabled=false')).toEqual(['off'])
  expect(await names('name__contains=f')).toEqual(['Default', 'off'])
})

test('a domain may be disabled whatever is in it', async () => {
  const { id } = (await create({ name: 'realm' })).body.domain
  await projects.create({ name: 'p', domainId: id }, cause)
  const { status, body } = await change(id, { enabled: false, description: 'closed' })
  expect([status, body.domain.enabled, body.domain.description]).toEqual([200, false, 'closed'])
})

test('a project is no domain', async () => {
  const { id } = await projects.create({ name: 'p', domainId: 'default' }, cause)
  for (const { status, body } of [await ask(`GET /v3/domains/${id}`, { as: 'admin' }), await change(id, { name: 'q' }), await remove(id)])
    expect([status, body.error.message]).toEqual([404, `Could not find domain: ${id}.`])
})

describe('deleting a domain', () => {
  test('takes two steps, and everything in it along, the leaves first', async () => {
    const { id } = (await create({ name: 'realm' })).body.domain
    const top = await projects.create({ name: 'top', domainId: id }, cause)
    const leaf = await projects.create({ name: 'leaf', domainId: id, parentId: top.id }, cause)
    const refused = await remove(id)
    expect([refused.status, refused.body.error.message]).toEqual([403, 'Cannot delete a domain that is enabled, please disable it first.'])
    await change(id, { enabled: false })
    expect((await remove(id)).status).toBe(204)
    expect(gone).toEqual([`project ${leaf.id}`, `project ${top.id}`, `domain ${id}`, `project ${id}`])
    expect((await ask(`GET /v3/domains/${id}`, { as: 'admin' })).status).toBe(404)
  })

  test('spares the default one', async () => {
    await change('default', { enabled: false })
    const { status, body } = await remove('default')
    expect([status, body.error.message]).toEqual([
      403,
      'You are not authorized to perform the requested action: delete the default domain.',
    ])
  })

  test('spares an immutable one', async () => {
    const { id } = (await create({ name: 'realm', enabled: false, options: { immutable: true } })).body.domain
    expect((await change(id, { name: 'other' })).body.error.message).toContain('Unable to update immutable domain resource')
    expect((await remove(id)).body.error.message).toContain('Unable to delete immutable domain resource')
  })
})

test('the domains one could ask a token for are those one has a role in', async () => {
  const { status, body } = await ask('GET /v3/auth/domains', { as: 'member' })
  expect([status, body.domains.map((domain: { id: string }) => domain.id)]).toEqual([200, ['default']])
})

describe('who may', () => {
  test.each([
    ['GET /v3/domains', 403, 200, 200],
    ['POST /v3/domains', 403, 201, 403],
    ['GET /v3/domains/none', 403, 404, 404],
    ['PATCH /v3/domains/none', 403, 404, 403],
    ['DELETE /v3/domains/none', 403, 404, 403],
    ['GET /v3/domains/default', 200, 200, 200],
  ])('%s: a stranger never, a member %i, an admin %i, a reader of the system %i', async (route, member, admin, reader) => {
    const wish = route.startsWith('P') ? { body: { domain: { name: 'd' } } } : {}
    expect((await ask(route, wish)).status).toBe(401)
    expect((await ask(route, { as: 'member', ...wish })).status).toBe(member)
    expect((await ask(route, { as: 'admin', ...wish })).status).toBe(admin)
    expect((await ask(route, { as: 'system-reader', ...wish })).status).toBe(reader)
  })
})
