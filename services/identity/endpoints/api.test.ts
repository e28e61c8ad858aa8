import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { regionApi } from '../regions/api.ts'
import { regionLogic } from '../regions/logic.ts'
import { regionStore } from '../regions/store.ts'
import { serviceApi } from '../services/api.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import { endpointApi } from './api.ts'
import { endpointLogic } from './logic.ts'
import { endpointStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let service: string
let forgotten: string[]
beforeEach(async () => {
  forgotten = []
  const others = [{ forgetEndpoint: async (_tx: unknown, id: string) => void forgotten.push(id) }]
  at = await bench(({ db, write, chance }) => {
    const regions = regionLogic({ store: regionStore(db), write, chance, others: [] })
    const endpoints = endpointLogic({ store: endpointStore(db), write, chance, regions, others })
    const services = serviceLogic({ store: serviceStore(db), write, chance, others: [endpoints] })
    return [...regionApi(regions), ...serviceApi(services), ...endpointApi(endpoints)]
  })
  ask = at.ask
  service = (await ask('POST /v3/services', { as: 'admin', body: { service: { type: 'compute' } } })).body.service.id
  await ask('POST /v3/regions', { as: 'admin', body: { region: { id: 'paris' } } })
})
afterEach(() => at.close())

const create = (endpoint: object) =>
  ask('POST /v3/endpoints', {
    as: 'admin',
    body: { endpoint: { interface: 'public', service_id: service, url: 'http://nova/v2.1', ...endpoint } },
  })

describe('creating an endpoint', () => {
  test('shows its region under both names', async () => {
    const { status, body } = await create({ region_id: 'paris', url: 'http://nova/$(project_id)s' })
    expect(status).toBe(201)
    expect(body.endpoint).toEqual({
      id: body.endpoint.id,
      interface: 'public',
      region: 'paris',
      region_id: 'paris',
      service_id: service,
      url: 'http://nova/$(project_id)s',
      enabled: true,
      links: { self: `http://cloud:5000/v3/endpoints/${body.endpoint.id}` },
    })
  })

  test('needs no region', async () => {
    expect((await create({})).body.endpoint).toMatchObject({ region: null, region_id: null })
  })

  test('creates a region that is named the old way', async () => {
    expect((await create({ region: 'lyon' })).body.endpoint).toMatchObject({ region: 'lyon', region_id: 'lyon' })
    expect((await ask('GET /v3/regions/lyon', { as: 'admin' })).status).toBe(200)
  })

  test('finds a region that is named the old way and is there', async () => {
    expect((await create({ region: 'paris' })).body.endpoint.region_id).toBe('paris')
  })

  test('keeps attributes that the API does not know', async () => {
    expect((await create({ name: 'north' })).body.endpoint.name).toBe('north')
  })

  test.each([
    [{ region_id: 'nowhere' }, 'Expecting to find endpoint region_id in region table.'],
    [{ service_id: 'none' }, 'Expecting to find endpoint service_id in service table.'],
    [{ url: 'http://nova/$(nonsense)s' }, 'Cannot create an endpoint with an invalid URL: http://nova/$(nonsense)s.'],
    [{ url: 'http://nova/%(project_id)' }, 'Cannot create an endpoint with an invalid URL: http://nova/%(project_id).'],
    [{ url: String.raw`http://nova/%\(project_id\)s` }, 'Cannot create an endpoint with an invalid URL'],
    [{ url: 'nova' }, 'url'],
    [{ interface: 'private' }, 'interface'],
    [{ enabled: 'False' }, 'enabled'],
    [{ region_id: 5 }, 'region_id'],
  ])('refuses %o', async (endpoint, message) => {
    const { status, body } = await create(endpoint)
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })
})

describe('an endpoint that exists', () => {
  let id: string
  beforeEach(async () => {
    id = (await create({ region_id: 'paris' })).body.endpoint.id
    await create({ interface: 'internal', url: 'http://inside' })
  })

  test('is shown', async () => {
    expect((await ask(`GET /v3/endpoints/${id}`, { as: 'admin' })).body.endpoint).toMatchObject({ id, region: 'paris' })
  })

  test.each([
    ['', 2],
    ['?interface=internal', 1],
    ['?region_id=paris', 1],
    ['?region_id=lyon', 0],
    ['?service_id=none', 0],
    ['?interface__startswith=in', 1],
  ])('is listed with others: %s', async (query, count) => {
    const { body } = await ask(`GET /v3/endpoints${query}`, { as: 'admin' })
    expect(body.endpoints).toHaveLength(count)
    expect(body.links.self).toBe(`http://cloud:5000/v3/endpoints${query}`)
  })

  test('is listed with its service', async () => {
    expect((await ask(`GET /v3/endpoints?service_id=${service}`, { as: 'admin' })).body.endpoints).toHaveLength(2)
  })

  test('changes only in what the wish names', async () => {
    const endpoint = { interface: 'admin', region: 'lyon', enabled: false }
    const { body } = await ask(`PATCH /v3/endpoints/${id}`, { as: 'admin', body: { endpoint } })
    expect(body.endpoint).toMatchObject({ ...endpoint, region_id: 'lyon', url: 'http://nova/v2.1' })
  })

  test.each([
    [{ id: 'other' }, 'Cannot change ID'],
    [{ url: 'http://nova/%' }, 'Cannot create an endpoint with an invalid URL'],
    [{ region_id: 'nowhere' }, 'Expecting to find endpoint region_id in region table.'],
    [{ service_id: 'none' }, 'Expecting to find endpoint service_id in service table.'],
  ])('does not become %o', async (endpoint, message) => {
    const { status, body } = await ask(`PATCH /v3/endpoints/${id}`, { as: 'admin', body: { endpoint } })
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })

  test('tells those who refer to it when it goes', async () => {
    expect((await ask(`DELETE /v3/endpoints/${id}`, { as: 'admin' })).status).toBe(204)
    expect(forgotten).toEqual([id])
    const { status, body } = await ask(`GET /v3/endpoints/${id}`, { as: 'admin' })
    expect([status, body.error.message]).toEqual([404, `Could not find endpoint: ${id}.`])
  })

  test('goes with its service', async () => {
    await ask(`DELETE /v3/services/${service}`, { as: 'admin' })
    expect((await ask('GET /v3/endpoints', { as: 'admin' })).body.endpoints).toEqual([])
    expect(forgotten).toContain(id)
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/endpoints', 403, 200, 200],
    ['GET /v3/endpoints/none', 403, 404, 404],
    ['POST /v3/endpoints', 403, 403, 201],
    ['PATCH /v3/endpoints/none', 403, 403, 404],
    ['DELETE /v3/endpoints/none', 403, 403, 404],
  ])('%s: a stranger never, a member %i, a reader of the system %i, an admin %i', async (route, member, reader, admin) => {
    const body = route.startsWith('P') ? { endpoint: { interface: 'public', service_id: service, url: 'http://x' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'system-reader', body })).status).toBe(reader)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
