import { object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { endpointApi, endpointView } from '../endpoints/api.ts'
import { endpointLogic } from '../endpoints/logic.ts'
import { endpointStore } from '../endpoints/store.ts'
import { type Bench, bench } from '../kit.ts'
import type { Project } from '../projects/project.ts'
import { regionLogic } from '../regions/logic.ts'
import { regionStore } from '../regions/store.ts'
import { serviceApi } from '../services/api.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import { view } from '../versions.ts'
import { endpointGroupApi } from './api.ts'
import { endpointGroupLogic } from './logic.ts'
import { endpointGroupStore } from './store.ts'

const shown = shows<Project>()
const projectView = view('project', {
  id: shown(text(), project => project.id),
  links: shown(object({ self: text() }), (project, { base }) => ({ self: `${base}/v3/projects/${project.id}` })),
})

let at: Bench
let groups: ReturnType<typeof endpointGroupLogic>
let service: string
const ends: Record<string, string> = {}
const as = 'admin'
const base = '/v3/OS-EP-FILTER'
const ask = (route: string, more: object = {}) => at.ask(route.replace(' /', ` ${base}/`), { as, ...more })

beforeEach(async () => {
  at = await bench(({ db, write, chance }) => {
    const store = endpointStore(db)
    groups = endpointGroupLogic({ store: endpointGroupStore(db), write, chance, endpoints: store })
    const regions = regionLogic({ store: regionStore(db), write, chance, others: [] })
    const endpoints = endpointLogic({ store, write, chance, regions, others: [groups] })
    const services = serviceLogic({ store: serviceStore(db), write, chance, others: [endpoints] })
    return [
      ...serviceApi(services),
      ...endpointApi(endpoints),
      ...endpointGroupApi(groups, { endpoint: endpointView, project: projectView }),
    ]
  })
  await insertProject('p-demo')
  await insertProject('p-other')
  service = (await at.ask('POST /v3/services', { as, body: { service: { type: 'compute' } } })).body.service.id
  for (const audience of ['public', 'internal']) {
    const endpoint = { interface: audience, service_id: service, url: `http://${audience}`, region: 'paris' }
    ends[audience] = (await at.ask('POST /v3/endpoints', { as, body: { endpoint } })).body.endpoint.id
  }
})
afterEach(() => at.close())

const insertProject = (id: string) =>
  at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], sql =>
      sql
        .insertInto('project')
        .values({
          id,
          name: id,
          name_folded: id,
          domain_id: 'default',
          parent_id: 'default',
          is_domain: 0,
          enabled: 1,
          description: '',
          options: '{}',
          extra: '{}',
        })
        .execute(),
    ),
  )

const create = (group: object) => ask('POST /endpoint_groups', { body: { endpoint_group: group } })
const made = async (filters: object = { interface: 'public' }) => (await create({ name: 'outside', filters })).body.endpoint_group.id
const ids = (list: readonly { id: string }[]) => list.map(one => one.id)

describe('a group of endpoints', () => {
  test('is created', async () => {
    const { status, body } = await create({ name: 'outside', description: 'for all', filters: { interface: 'public' } })
    expect(status).toBe(201)
    const { id } = body.endpoint_group
    expect(body.endpoint_group).toEqual({
      id,
      name: 'outside',
      description: 'for all',
      filters: { interface: 'public' },
      links: { self: `http://cloud:5000/v3/OS-EP-FILTER/endpoint_groups/${id}` },
    })
    expect((await ask(`GET /endpoint_groups/${id}`)).body).toEqual(body)
    expect((await ask(`HEAD /endpoint_groups/${id}`)).status).toBe(200)
  })

  test.each([
    [{ name: 'x' }, 'filters'],
    [{ name: 'x', filters: {} }, 'filters field is required and cannot be empty'],
    [{ name: 'x', filters: { colour: 'green' } }, 'Expecting to find service_id or region_id or interface in endpoint_group.'],
    [{ filters: { interface: 'public' } }, 'name'],
    [{ name: '', filters: { interface: 'public' } }, 'name'],
  ])('is not created as %o', async (group, message) => {
    const { status, body } = await create(group)
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })

  test('is listed, by name when asked so', async () => {
    const id = await made()
    await create({ name: 'inside', filters: { interface: 'internal' } })
    expect((await ask('GET /endpoint_groups')).body.endpoint_groups).toHaveLength(2)
    expect(ids((await ask('GET /endpoint_groups?name=outside')).body.endpoint_groups)).toEqual([id])
  })

  test('changes only in what the wish names', async () => {
    const id = await made()
    const { body } = await ask(`PATCH /endpoint_groups/${id}`, { body: { endpoint_group: { filters: { region_id: 'paris' } } } })
    expect(body.endpoint_group).toMatchObject({ name: 'outside', filters: { region_id: 'paris' } })
    const wrong = await ask(`PATCH /endpoint_groups/${id}`, { body: { endpoint_group: { filters: { colour: 'green' } } } })
    expect(wrong.status).toBe(400)
  })

  test('holds the endpoints that fit all its filters', async () => {
    const list = async (filters: object) => ids((await ask(`GET /endpoint_groups/${await made(filters)}/endpoints`)).body.endpoints)
    expect(await list({ interface: 'public' })).toEqual([ends['public']])
    expect(await list({ service_id: service, region_id: 'paris' })).toHaveLength(2)
    expect(await list({ service_id: service, region_id: 'lyon' })).toEqual([])
  })

  test('is given to a project and taken again', async () => {
    const id = await made()
    expect((await ask(`PUT /endpoint_groups/${id}/projects/p-demo`)).status).toBe(204)
    const { body } = await ask(`GET /endpoint_groups/${id}/projects/p-demo`)
    expect(body).toEqual({
      project_endpoint_group: {
        endpoint_group_id: id,
        project_id: 'p-demo',
        links: { self: `/OS-EP-FILTER/endpoint_groups/${id}/projects/p-demo` },
      },
    })
    expect(ids((await ask(`GET /endpoint_groups/${id}/projects`)).body.projects)).toEqual(['p-demo'])
    expect(ids((await ask('GET /projects/p-demo/endpoint_groups')).body.endpoint_groups)).toEqual([id])
    expect(ids((await ask('GET /projects/p-demo/endpoints')).body.endpoints)).toEqual([ends['public']])

    expect((await ask(`DELETE /endpoint_groups/${id}/projects/p-demo`)).status).toBe(204)
    const gone = await ask(`GET /endpoint_groups/${id}/projects/p-demo`)
    expect([gone.status, gone.body.error.message]).toEqual([404, 'Endpoint Group Project Association not found'])
  })

  test('is not given twice, nor to a project that is not there', async () => {
    const id = await made()
    await ask(`PUT /endpoint_groups/${id}/projects/p-demo`)
    const again = await ask(`PUT /endpoint_groups/${id}/projects/p-demo`)
    expect([again.status, again.body.error.message]).toEqual([
      409,
      'Conflict occurred attempting to store project_endpoint_group - Duplicate entry.',
    ])
    const nobody = await ask(`PUT /endpoint_groups/${id}/projects/nobody`)
    expect([nobody.status, nobody.body.error.message]).toEqual([404, 'Could not find project: nobody.'])
  })

  test('is taken from its projects when it goes', async () => {
    const id = await made()
    await ask(`PUT /endpoint_groups/${id}/projects/p-demo`)
    expect((await ask(`DELETE /endpoint_groups/${id}`)).status).toBe(204)
    expect((await ask('GET /projects/p-demo/endpoint_groups')).body.endpoint_groups).toEqual([])
    const { status, body } = await ask(`GET /endpoint_groups/${id}`)
    expect([status, body.error.message]).toEqual([404, `Could not find Endpoint Group: ${id}.`])
  })
})

describe('an endpoint given to a project', () => {
  const path = () => `/projects/p-demo/endpoints/${ends['internal']}`
  beforeEach(async () => {
    expect((await ask(`PUT ${path()}`)).status).toBe(204)
  })

  test('is the project’s, with those of its groups', async () => {
    expect((await ask(`GET ${path()}`)).status).toBe(204)
    expect((await ask(`HEAD ${path()}`)).status).toBe(204)
    await ask(`PUT /endpoint_groups/${await made()}/projects/p-demo`)
    const { body } = await ask('GET /projects/p-demo/endpoints')
    expect(ids(body.endpoints).toSorted()).toEqual(Object.values(ends).toSorted())
    expect(body.endpoints[0]).toHaveProperty('region', 'paris')
    expect(ids((await ask(`GET /endpoints/${ends['internal']}/projects`)).body.projects)).toEqual(['p-demo'])
  })

  test('is not given twice', async () => {
    const { status, body } = await ask(`PUT ${path()}`)
    expect([status, body.error.message]).toEqual([409, 'Conflict occurred attempting to store project_endpoint - Duplicate entry.'])
  })

  test('is taken again', async () => {
    expect((await ask(`DELETE ${path()}`)).status).toBe(204)
    for (const verb of ['GET', 'DELETE']) {
      const { status, body } = await ask(`${verb} ${path()}`)
      expect([status, body.error.message]).toEqual([404, `Endpoint ${ends['internal']} not found in project p-demo`])
    }
  })

  test('is forgotten when it is deleted', async () => {
    await at.ask(`DELETE /v3/endpoints/${ends['internal']}`, { as })
    expect((await ask('GET /projects/p-demo/endpoints')).body.endpoints).toEqual([])
  })

  test('is forgotten with its project', async () => {
    await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx => groups.forgetProject(tx, 'p-demo'))
    expect((await ask(`GET /endpoints/${ends['internal']}/projects`)).body.projects).toEqual([])
  })
})

describe('who may', () => {
  test.each([
    ['GET /endpoint_groups', 403, 200, 200],
    ['POST /endpoint_groups', 403, 403, 201],
    ['GET /endpoint_groups/none', 403, 404, 404],
    ['PATCH /endpoint_groups/none', 403, 403, 404],
    ['DELETE /endpoint_groups/none', 403, 403, 404],
    ['GET /endpoint_groups/none/endpoints', 403, 404, 404],
    ['GET /endpoint_groups/none/projects', 403, 200, 200],
    ['GET /endpoint_groups/none/projects/none', 403, 404, 404],
    ['PUT /endpoint_groups/none/projects/none', 403, 403, 404],
    ['DELETE /endpoint_groups/none/projects/none', 403, 403, 404],
    ['GET /projects/none/endpoint_groups', 403, 404, 404],
    ['GET /projects/none/endpoints', 403, 404, 404],
    ['GET /projects/none/endpoints/none', 403, 404, 404],
    ['PUT /projects/none/endpoints/none', 403, 403, 404],
    ['DELETE /projects/none/endpoints/none', 403, 403, 404],
    ['GET /endpoints/none/projects', 403, 404, 404],
  ])('%s: a stranger never, a member %i, a reader of the system %i, an admin %i', async (route, member, reader, admin) => {
    const body = /^P(OST|ATCH)/.test(route) ? { endpoint_group: { name: 'x', filters: { interface: 'admin' } } } : undefined
    expect((await ask(route, { as: undefined, body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'system-reader', body })).status).toBe(reader)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
