import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { limitApi } from '../limits/api.ts'
import { limitLogic } from '../limits/logic.ts'
import { limitStore } from '../limits/store.ts'
import { regionApi } from '../regions/api.ts'
import { regionLogic } from '../regions/logic.ts'
import { regionStore } from '../regions/store.ts'
import { serviceApi } from '../services/api.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import { registeredLimitApi } from './api.ts'
import { registeredLimitLogic } from './logic.ts'
import { registeredLimitStore } from './store.ts'

let at: Bench
let service: string
const ask = (route: string, body?: object) => at.ask(route, { as: 'admin', body })
beforeEach(async () => {
  at = await bench(({ db, write, chance }) => {
    const limits = limitLogic({ store: limitStore(db), write, chance, model: 'flat' })
    const registered = registeredLimitLogic({ store: registeredLimitStore(db), write, chance, limits })
    const services = serviceLogic({ store: serviceStore(db), write, chance, others: [registered] })
    const regions = regionLogic({ store: regionStore(db), write, chance, others: [] })
    return [...serviceApi(services), ...regionApi(regions), ...limitApi(limits), ...registeredLimitApi(registered)]
  })
  service = (await ask('POST /v3/services', { service: { type: 'compute' } })).body.service.id
  await ask('POST /v3/regions', { region: { id: 'paris' } })
  await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], sql =>
      sql
        .insertInto('project')
        .values({
          id: 'p-demo',
          name: 'demo',
          name_folded: 'demo',
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
})
afterEach(() => at.close())

const cores = (more: object = {}) => ({ service_id: service, resource_name: 'cores', default_limit: 10, ...more })
const create = (...limits: object[]) => ask('POST /v3/registered_limits', { registered_limits: limits })
const made = async (more: object = {}) => (await create(cores(more))).body.registered_limits[0].id
const override = () =>
  ask('POST /v3/limits', { limits: [{ project_id: 'p-demo', service_id: service, resource_name: 'cores', resource_limit: 5 }] })

describe('registering limits', () => {
  test('takes several at once and shows them without links to a list', async () => {
    const { status, body } = await create(cores(), cores({ region_id: 'paris', default_limit: -1, description: 'many' }))
    expect(status).toBe(201)
    const [first, second] = body.registered_limits
    expect(body).toEqual({
      registered_limits: [
        {
          id: first.id,
          service_id: service,
          region_id: null,
          resource_name: 'cores',
          default_limit: 10,
          description: null,
          links: { self: `http://cloud:5000/v3/registered_limits/${first.id}` },
        },
        {
          id: second.id,
          service_id: service,
          region_id: 'paris',
          resource_name: 'cores',
          default_limit: -1,
          description: 'many',
          links: { self: `http://cloud:5000/v3/registered_limits/${second.id}` },
        },
      ],
    })
  })

  test('of the same kind twice is refused, and nothing of the lot is kept', async () => {
    const { status, body } = await create(cores({ resource_name: 'ram' }), cores(), cores())
    expect([status, body.error.message]).toEqual([409, 'Conflict occurred attempting to store registered_limit - Duplicate entry.'])
    expect((await ask('GET /v3/registered_limits')).body.registered_limits).toEqual([])
  })

  test.each([
    [{ service_id: 'none' }, 'Expecting to find service_id in registered_limit.'],
    [{ region_id: 'nowhere' }, 'Expecting to find region_id in registered_limit.'],
    [{ default_limit: -2 }, 'default_limit'],
    [{ default_limit: 2 ** 31 }, 'default_limit'],
    [{ default_limit: '10' }, 'default_limit'],
    [{ resource_name: '' }, 'resource_name'],
    [{ colour: 'green' }, 'colour'],
  ])('with %o is refused', async (more, message) => {
    const { status, body } = await create(cores(more))
    expect(status).toBe(400)
    expect(body.error.message).toContain(message)
  })

  test('without any is refused', async () => {
    expect((await create()).status).toBe(400)
  })
})

describe('a registered limit', () => {
  test.each([
    ['', 2],
    ['?resource_name=cores', 1],
    ['?region_id=paris', 1],
    ['?service_id=none', 0],
    ['?resource_name__contains=ra', 1],
  ])('is listed: %s', async (query, count) => {
    await create(cores(), cores({ resource_name: 'ram', region_id: 'paris' }))
    expect((await ask(`GET /v3/registered_limits${query}`)).body.registered_limits).toHaveLength(count)
  })

  test('changes only in what the wish names', async () => {
    const id = await made({ description: 'some' })
    const path = `/v3/registered_limits/${id}`
    const { body } = await ask(`PATCH ${path}`, { registered_limit: { default_limit: 0, region_id: 'paris' } })
    expect(body.registered_limit).toMatchObject({ default_limit: 0, region_id: 'paris', resource_name: 'cores', description: 'some' })
    expect((await ask(`GET ${path}`)).body).toEqual(body)
  })

  test('does not become like another', async () => {
    await made()
    const id = await made({ resource_name: 'ram' })
    expect((await ask(`PATCH /v3/registered_limits/${id}`, { registered_limit: { resource_name: 'cores' } })).status).toBe(409)
  })

  test('stays as it is while somebody’s limit refers to it', async () => {
    const id = await made()
    expect((await override()).status).toBe(201)
    for (const verb of ['PATCH', 'DELETE']) {
      const body = verb === 'PATCH' ? { registered_limit: { default_limit: 1 } } : undefined
      const answer = await ask(`${verb} /v3/registered_limits/${id}`, body)
      expect([answer.status, answer.body.error.message]).toEqual([
        403,
        `Unable to update or delete registered limit ${id} because there are project limits associated with it.`,
      ])
    }
  })

  test('is deleted', async () => {
    const id = await made()
    expect((await ask(`DELETE /v3/registered_limits/${id}`)).status).toBe(204)
    const { status, body } = await ask(`GET /v3/registered_limits/${id}`)
    expect([status, body.error.message]).toEqual([404, `Could not find registered limit for ${id}.`])
  })

  test('goes with its service, and the limits that refer to it too', async () => {
    await made()
    await override()
    expect((await ask(`DELETE /v3/services/${service}`)).status).toBe(204)
    expect((await ask('GET /v3/registered_limits')).body.registered_limits).toEqual([])
    expect((await at.ask('GET /v3/limits', { as: 'system-admin' })).body.limits).toEqual([])
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/registered_limits', 200, 200],
    ['GET /v3/registered_limits/none', 404, 404],
    ['POST /v3/registered_limits', 403, 201],
    ['PATCH /v3/registered_limits/none', 403, 404],
    ['DELETE /v3/registered_limits/none', 403, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    const body = route.startsWith('POST')
      ? { registered_limits: [cores()] }
      : route.startsWith('PATCH')
        ? { registered_limit: { default_limit: 1 } }
        : undefined
    expect((await at.ask(route, { body })).status).toBe(401)
    expect((await at.ask(route, { as: 'member', body })).status).toBe(member)
    expect((await at.ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
