import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { regionApi } from './api.ts'
import { regionLogic } from './logic.ts'
import { regionStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench(({ db, write, chance }) => regionApi(regionLogic({ store: regionStore(db), write, chance, others: [] })))
  ask = at.ask
})
afterEach(() => at.close())

const create = (region: object) => ask('POST /v3/regions', { as: 'admin', body: { region } })

describe('creating a region', () => {
  test('keeps the id the client chose and shows where it stands', async () => {
    const { status, body } = await create({ id: 'RegionOne', description: 'Paris' })
    expect(status).toBe(201)
    expect(body).toEqual({
      region: { id: 'RegionOne', description: 'Paris', parent_region_id: null, links: { self: 'http://cloud:5000/v3/regions/RegionOne' } },
    })
  })

  test('without an id gives it one of 32 hexadecimal digits', async () => {
    expect((await create({})).body.region.id).toMatch(/^[0-9a-f]{32}$/)
  })

  test('under an id of one’s own is a PUT to it', async () => {
    const { status, body } = await ask('PUT /v3/regions/RegionTwo', { as: 'admin', body: { region: { description: 'Lyon' } } })
    expect([status, body.region.id]).toEqual([201, 'RegionTwo'])
  })

  test('keeps attributes that the API does not know', async () => {
    expect((await create({ id: 'r', colour: 'green' })).body.region.colour).toBe('green')
  })

  test('refuses an id that is taken', async () => {
    await create({ id: 'r' })
    const { status, body } = await create({ id: 'r' })
    expect(status).toBe(409)
    expect(body.error).toEqual({
      code: 409,
      title: 'Conflict',
      message: 'Conflict occurred attempting to store region - Duplicate ID, r.',
    })
  })

  test('refuses a parent that is not there', async () => {
    const { status, body } = await create({ id: 'r', parent_region_id: 'nowhere' })
    expect([status, body.error.message]).toEqual([404, 'Could not find region: nowhere.'])
  })

  test('refuses a description that is a number, naming the field', async () => {
    const { status, body } = await create({ description: 5 })
    expect(status).toBe(400)
    expect(body.error.message).toContain('description')
  })
})

describe('a region that exists', () => {
  beforeEach(async () => {
    await create({ id: 'europe' })
    await create({ id: 'france', parent_region_id: 'europe' })
  })

  test('is listed, alone below its parent when asked so', async () => {
    const { body } = await ask('GET /v3/regions?parent_region_id=europe', { as: 'reader' })
    expect(body.regions.map((region: { id: string }) => region.id)).toEqual(['france'])
    expect(body.links).toEqual({ next: null, previous: null, self: 'http://cloud:5000/v3/regions?parent_region_id=europe' })
  })

  test('changes only in what the wish names', async () => {
    const { body } = await ask('PATCH /v3/regions/france', { as: 'admin', body: { region: { description: 'hexagon' } } })
    expect(body.region).toMatchObject({ description: 'hexagon', parent_region_id: 'europe' })
  })

  test('never becomes its own ancestor', async () => {
    const { status } = await ask('PATCH /v3/regions/europe', { as: 'admin', body: { region: { parent_region_id: 'france' } } })
    expect(status).toBe(403)
  })

  test('takes the regions below along when it is deleted', async () => {
    expect((await ask('DELETE /v3/regions/europe', { as: 'admin' })).status).toBe(204)
    expect((await ask('GET /v3/regions/france', { as: 'reader' })).status).toBe(404)
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/regions', 200, 200],
    ['GET /v3/regions/none', 404, 404],
    ['POST /v3/regions', 403, 201],
    ['PUT /v3/regions/r', 403, 201],
    ['PATCH /v3/regions/none', 403, 404],
    ['DELETE /v3/regions/none', 403, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    const body = route.startsWith('P') ? { region: { description: 'x' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
