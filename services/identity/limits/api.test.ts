import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { registeredLimitApi } from '../registered-limits/api.ts'
import { registeredLimitLogic } from '../registered-limits/logic.ts'
import { registeredLimitStore } from '../registered-limits/store.ts'
import { serviceApi } from '../services/api.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import { limitApi } from './api.ts'
import type { Model } from './limit.ts'
import { limitLogic } from './logic.ts'
import { limitStore } from './store.ts'

let at: Bench
let service: string
let limits: ReturnType<typeof limitLogic>
const ask = (route: string, body?: object, as = 'admin') => at.ask(route, { as, body })

async function open(model: Model) {
  at = await bench(
    ({ db, write, chance }) => {
      limits = limitLogic({ store: limitStore(db), write, chance, model })
      const registered = registeredLimitLogic({ store: registeredLimitStore(db), write, chance, limits })
      const services = serviceLogic({ store: serviceStore(db), write, chance, others: [registered] })
      return [...serviceApi(services), ...registeredLimitApi(registered), ...limitApi(limits)]
    },
    {
      'other-member': { userId: 'u-o', userDomainId: 'far', projectId: 'p-far', projectDomainId: 'far', roles: ['member', 'reader'] },
      'other-domain': { userId: 'u-o', userDomainId: 'far', domainId: 'far', roles: ['reader'] },
      unscoped: { userId: 'u-m', userDomainId: 'default', roles: [] },
    },
  )
  for (const id of ['default', 'far']) await insertProject(id, '', '')
  await insertProject('p-demo', 'default', 'default')
  await insertProject('p-admin', 'default', 'default')
  await insertProject('p-far', 'far', 'far')
  service = (await ask('POST /v3/services', { service: { type: 'compute' } })).body.service.id
  const registered = ['cores', 'ram'].map(resource_name => ({ service_id: service, resource_name, default_limit: 10 }))
  expect((await ask('POST /v3/registered_limits', { registered_limits: registered })).status).toBe(201)
}
beforeEach(() => open('flat'))
afterEach(() => at.close())

const insertProject = (id: string, domain_id: string, parent_id: string) =>
  at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], sql =>
      sql
        .insertInto('project')
        .values({
          id,
          name: id,
          name_folded: id,
          domain_id,
          parent_id,
          is_domain: domain_id === '' ? 1 : 0,
          enabled: 1,
          description: '',
          options: '{}',
          extra: '{}',
        })
        .execute(),
    ),
  )

const cores = (more: object) => ({ service_id: service, resource_name: 'cores', resource_limit: 5, ...more })
const create = (...wishes: object[]) => ask('POST /v3/limits', { limits: wishes })
const made = async (more: object) => (await create(cores(more))).body.limits[0].id

describe('creating limits', () => {
  test('takes several at once and shows them without links to a list', async () => {
    const { status, body } = await create(cores({ project_id: 'p-demo' }), cores({ domain_id: 'default', resource_limit: 0 }))
    expect(status).toBe(201)
    const [first, second] = body.limits
    expect(Object.keys(body)).toEqual(['limits'])
    expect(first).toEqual({
      id: first.id,
      project_id: 'p-demo',
      domain_id: null,
      service_id: service,
      region_id: null,
      resource_name: 'cores',
      resource_limit: 5,
      description: null,
      links: { self: `http://cloud:5000/v3/limits/${first.id}` },
    })
    expect(second).toMatchObject({ project_id: null, domain_id: 'default', resource_limit: 0 })
  })

  test('of a project that is a domain makes it the domain’s', async () => {
    expect((await create(cores({ project_id: 'default' }))).body.limits[0]).toMatchObject({ project_id: null, domain_id: 'default' })
  })

  test('twice is refused, and nothing of the lot is kept', async () => {
    const { status, body } = await create(cores({ domain_id: 'far' }), cores({ project_id: 'p-demo' }), cores({ project_id: 'p-demo' }))
    expect([status, body.error.message]).toEqual([409, 'Conflict occurred attempting to store limit - Duplicate entry.'])
    expect((await ask('GET /v3/limits', undefined, 'system-admin')).body.limits).toEqual([])
  })

  test('of what is not registered is refused', async () => {
    const { status, body } = await create(cores({ project_id: 'p-demo', resource_name: 'keys' }))
    expect([status, body.error.message]).toEqual([403, 'Unable to create a limit that has no corresponding registered limit.'])
  })

  test.each([
    [{ project_id: 'none' }, 'Expecting to find project_id in limit.'],
    [{ domain_id: 'none' }, 'Expecting to find domain_id in limit.'],
    [{ domain_id: 'p-demo' }, 'Expecting to find domain_id in limit.'],
    [{ project_id: 'p-demo', service_id: 'none' }, 'Expecting to find service_id in limit.'],
    [{ project_id: 'p-demo', region_id: 'nowhere' }, 'Expecting to find region_id in limit.'],
    [{ project_id: 'p-demo', domain_id: 'default' }, ''],
    [{}, ''],
    [{ project_id: 'p-demo', resource_limit: -2 }, ''],
  ])('with %o is refused', async (more, message) => {
    const { status, body } = await create(cores(more))
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })
})

describe('a limit', () => {
  test('changes only in what the wish names, down to nothing', async () => {
    const id = await made({ project_id: 'p-demo', description: 'some' })
    const { body } = await ask(`PATCH /v3/limits/${id}`, { limit: { resource_limit: 0 } })
    expect(body.limit).toMatchObject({ id, resource_limit: 0, description: 'some', project_id: 'p-demo' })
    expect((await ask(`PATCH /v3/limits/${id}`, { limit: { project_id: 'p-far' } })).status).toBe(400)
  })

  test('is deleted', async () => {
    const id = await made({ project_id: 'p-demo' })
    expect((await ask(`DELETE /v3/limits/${id}`)).status).toBe(204)
    const { status, body } = await ask(`GET /v3/limits/${id}`)
    expect([status, body.error.message]).toEqual([404, `Could not find limit for ${id}.`])
  })

  test('goes with its project or domain', async () => {
    await create(cores({ project_id: 'p-demo' }), cores({ domain_id: 'default' }), cores({ project_id: 'p-far' }))
    await at.db.transaction({ requestId: 'req-test', why: 'test' }, async tx => {
      await limits.forgetProject(tx, 'p-demo')
      await limits.forgetDomain(tx, 'default')
    })
    expect((await ask('GET /v3/limits', undefined, 'system-admin')).body.limits).toMatchObject([{ project_id: 'p-far' }])
  })
})

describe('the list of limits', () => {
  const owners = async (as: string, query = '') => {
    const { body } = await ask(`GET /v3/limits${query}`, undefined, as)
    const found = body.limits.map((one: { project_id: string | null; domain_id: string | null }) => one.project_id ?? one.domain_id)
    return found.toSorted()
  }
  beforeEach(async () => {
    const wishes = [
      { project_id: 'p-demo' },
      { project_id: 'p-admin' },
      { project_id: 'p-far' },
      { domain_id: 'default' },
      { domain_id: 'far' },
    ]
    expect((await create(...wishes.map(cores), { ...cores({ project_id: 'p-demo' }), resource_name: 'ram' })).status).toBe(201)
  })

  test.each([
    ['system-reader', ['default', 'far', 'p-admin', 'p-demo', 'p-demo', 'p-far']],
    ['domain-admin', ['default', 'p-admin', 'p-demo', 'p-demo']],
    ['other-domain', ['far', 'p-far']],
    ['admin', ['p-admin']],
    ['member', ['p-demo', 'p-demo']],
    ['unscoped', []],
  ])('shows to %s those of %o', async (as, expected) => {
    expect(await owners(as)).toEqual(expected)
  })

  test.each([
    ['system-reader', '?project_id=p-demo&resource_name=cores', ['p-demo']],
    ['system-reader', '?domain_id=far', ['far']],
    ['system-reader', '?resource_name__startswith=ra', ['p-demo']],
    ['domain-admin', '?project_id=p-far', []],
    ['member', '?project_id=p-far', []],
    ['member', '?service_id=none', []],
  ])('shows to %s with %s those of %o', async (as, query, expected) => {
    expect(await owners(as, query)).toEqual(expected)
  })
})

describe('one limit', () => {
  test.each([
    ['system-reader', 200, 200],
    ['admin', 200, 200],
    ['member', 200, 403],
    ['domain-admin', 200, 200],
    ['other-member', 403, 403],
    ['other-domain', 403, 403],
    ['unscoped', 403, 403],
  ])('is shown to %s: a project’s %i, a domain’s %i', async (as, project, domain) => {
    const [ofProject, ofDomain] = [await made({ project_id: 'p-demo' }), await made({ domain_id: 'default' })]
    expect((await ask(`GET /v3/limits/${ofProject}`, undefined, as)).status).toBe(project)
    expect((await ask(`GET /v3/limits/${ofDomain}`, undefined, as)).status).toBe(domain)
  })
})

describe('the model', () => {
  test('is flat unless the operator chose another', async () => {
    expect((await ask('GET /v3/limits/model', undefined, 'unscoped')).body).toEqual({
      model: {
        name: 'flat',
        description: 'Limit enforcement and validation does not take project hierarchy into consideration.',
      },
    })
  })

  test('that is flat lets a project have more than its domain', async () => {
    expect((await create(cores({ domain_id: 'default' }), cores({ project_id: 'p-demo', resource_limit: 50 }))).status).toBe(201)
  })
})

describe('the strict model of two levels', () => {
  beforeEach(async () => {
    await at.close()
    await open('strict_two_level')
  })

  test('says its name', async () => {
    expect((await ask('GET /v3/limits/model')).body.model.name).toBe('strict_two_level')
  })

  test('gives no project more than is registered', async () => {
    const { status, body } = await create(cores({ project_id: 'p-demo', resource_limit: 11 }))
    expect([status, body.error.message]).toEqual([
      403,
      `Invalid resource limit: The resource limit (project_id: p-demo, resource_name: cores, resource_limit: 11, service_id: ${service}, region_id: None) doesn't satisfy current hierarchy model..`,
    ])
    expect((await create(cores({ project_id: 'p-demo', resource_limit: 10 }))).status).toBe(201)
  })

  test('gives no project more than its domain', async () => {
    await made({ domain_id: 'default', resource_limit: 20 })
    expect((await create(cores({ project_id: 'p-demo', resource_limit: 21 }))).status).toBe(403)
    const id = await made({ project_id: 'p-demo', resource_limit: 20 })
    expect((await ask(`PATCH /v3/limits/${id}`, { limit: { resource_limit: 21 } })).status).toBe(403)
  })

  test('gives no domain less than one of its projects', async () => {
    const id = await made({ domain_id: 'default', resource_limit: 20 })
    await made({ project_id: 'p-demo', resource_limit: 15 })
    expect((await ask(`PATCH /v3/limits/${id}`, { limit: { resource_limit: 14 } })).status).toBe(403)
    expect((await ask(`PATCH /v3/limits/${id}`, { limit: { resource_limit: 15 } })).status).toBe(200)
    expect((await ask(`PATCH /v3/limits/${id}`, { limit: { resource_limit: -1 } })).status).toBe(200)
  })

  test('looks at what is created together', async () => {
    const [domain, project] = [cores({ domain_id: 'default', resource_limit: 30 }), cores({ project_id: 'p-demo', resource_limit: 30 })]
    expect((await create(domain, { ...project, resource_limit: 31 })).status).toBe(403)
    expect((await create(domain, project)).status).toBe(201)
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/limits', 200, 200],
    ['GET /v3/limits/model', 200, 200],
    ['GET /v3/limits/none', 403, 404],
    ['POST /v3/limits', 403, 201],
    ['PATCH /v3/limits/none', 403, 404],
    ['DELETE /v3/limits/none', 403, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    const body = route.startsWith('POST')
      ? { limits: [cores({ project_id: 'p-demo' })] }
      : route.startsWith('PATCH')
        ? { limit: { resource_limit: 1 } }
        : undefined
    expect((await at.ask(route, { body })).status).toBe(401)
    expect((await ask(route, body, 'member')).status).toBe(member)
    expect((await ask(route, body)).status).toBe(admin)
  })
})
