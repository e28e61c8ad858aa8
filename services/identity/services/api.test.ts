import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { serviceApi } from './api.ts'
import { serviceLogic } from './logic.ts'
import { serviceStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let forgotten: string[]
beforeEach(async () => {
  forgotten = []
  const others = [{ forgetService: async (_tx: unknown, id: string) => void forgotten.push(id) }]
  at = await bench(({ db, write, chance }) => serviceApi(serviceLogic({ store: serviceStore(db), write, chance, others })))
  ask = at.ask
})
afterEach(() => at.close())

const create = async (service: object) => await ask('POST /v3/services', { as: 'admin', body: { service } })

describe('creating a service', () => {
  test('needs only a type; it is enabled and has no name', async () => {
    const { status, body } = await create({ type: 'compute' })
    expect(status).toBe(201)
    expect(body.service.id).toMatch(/^[0-9a-f]{32}$/)
    expect(body.service).toEqual({
      id: body.service.id,
      type: 'compute',
      name: '',
      enabled: true,
      links: { self: `http://cloud:5000/v3/services/${body.service.id}` },
    })
  })

  test('keeps description and attributes that the API does not know', async () => {
    const { body } = await create({ type: 'image', name: 'glance', description: 'pictures', enabled: false, colour: 'green' })
    expect(body.service).toMatchObject({ name: 'glance', description: 'pictures', enabled: false, colour: 'green' })
  })

  test('takes no id from the client', async () => {
    expect((await create({ type: 'image', id: 'mine' })).body.service.id).not.toBe('mine')
  })

  test.each([{}, { type: '' }, { type: 5 }, { type: 'x', name: '' }, { type: 'x', enabled: 'yes' }])('refuses %o', async service => {
    expect((await create(service)).status).toBe(400)
  })
})

describe('a service that exists', () => {
  let id: string
  beforeEach(async () => {
    id = (await create({ type: 'compute', name: 'nova', colour: 'green' })).body.service.id
    await create({ type: 'image', name: 'glance' })
  })

  test('is shown', async () => {
    expect((await ask(`GET /v3/services/${id}`, { as: 'admin' })).body.service).toMatchObject({ id, type: 'compute', colour: 'green' })
  })

  test.each([
    ['', ['glance', 'nova']],
    ['?type=compute', ['nova']],
    ['?name=glance', ['glance']],
    ['?name__contains=ov', ['nova']],
    ['?type=compute&name=glance', []],
  ])('is listed with others: %s', async (query, names) => {
    const { body } = await ask(`GET /v3/services${query}`, { as: 'admin' })
    expect(body.services.map((one: { name: string }) => one.name).toSorted()).toEqual(names)
    expect(body.links).toEqual({ next: null, previous: null, self: `http://cloud:5000/v3/services${query}` })
  })

  test('changes only in what the wish names', async () => {
    const { body } = await ask(`PATCH /v3/services/${id}`, { as: 'admin', body: { service: { enabled: false, taste: 'sweet' } } })
    expect(body.service).toMatchObject({ name: 'nova', enabled: false, colour: 'green', taste: 'sweet' })
  })

  test('keeps its id', async () => {
    const { status, body } = await ask(`PATCH /v3/services/${id}`, { as: 'admin', body: { service: { id: 'other' } } })
    expect([status, body.error.message]).toEqual([400, 'Cannot change ID'])
  })

  test('tells those who refer to it when it goes', async () => {
    expect((await ask(`DELETE /v3/services/${id}`, { as: 'admin' })).status).toBe(204)
    expect(forgotten).toEqual([id])
    const { status, body } = await ask(`GET /v3/services/${id}`, { as: 'admin' })
    expect([status, body.error.message]).toEqual([404, `Could not find service: ${id}.`])
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/services', 403, 200, 200],
    ['GET /v3/services/none', 403, 404, 404],
    ['POST /v3/services', 403, 403, 201],
    ['PATCH /v3/services/none', 403, 403, 404],
    ['DELETE /v3/services/none', 403, 403, 404],
  ])('%s: a stranger never, a member %i, a reader of the system %i, an admin %i', async (route, member, reader, admin) => {
    const body = route.startsWith('P') ? { service: { type: 'x' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'system-reader', body })).status).toBe(reader)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
