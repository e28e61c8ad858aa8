import { afterEach, describe, expect, test } from 'vitest'
import { optional } from './fields.ts'
import { integer, text } from './shape.ts'
import { type Ask, body, doorOf, endpoint, listView, query, since, until, view } from './testing.ts'
import { shows } from './view.ts'

interface Thing {
  readonly name: string
  readonly colour: string
  readonly size: number
}
const shown = shows<Thing>()
const thingView = view('thing', {
  name: shown(text(), thing => thing.name),
  colour: since(
    '2.5',
    shown(text(), thing => thing.colour),
  ),
  size: until(
    '2.5',
    shown(integer(), thing => thing.size),
  ),
})
const thing: Thing = { name: 'a', colour: 'red', size: 1 }
const show = endpoint('GET /thing', {
  summary: 'x',
  policy: 'all',
  status: [200, since('2.10', 203)],
  view: thingView,
  run: () => thing,
})
const create = endpoint('POST /thing', {
  summary: 'x',
  policy: 'all',
  body: body('thing', { colour: since('2.5', optional(text())) }),
  status: 201,
  view: thingView,
  run: ({ body }) => ({ ...thing, colour: body.colour ?? 'none' }),
})
const late = endpoint('GET /late', { summary: 'x', policy: 'all', since: '2.10', status: 204, run: () => {} })

let close: () => Promise<void> = async () => {}
afterEach(() => close())
const knock = async (more = {}): Promise<Ask> => {
  const door = await doorOf([show, create, late, page], more)
  close = door.close
  return door.ask
}
const page = endpoint('GET /things', {
  summary: 'x',
  policy: 'all',
  query: query({ limit: optional(integer()) }),
  status: 200,
  view: listView('things', thingView),
  run: ({ query }) => ({ items: [thing], next: query.limit === undefined ? undefined : 'm&m' }),
})
const at = (version: string) => ({ as: 'member', headers: { 'openstack-api-version': version } })

describe('which version a request means', () => {
  test.each([
    ['thing 2.5', '2.5', { name: 'a', colour: 'red', size: 1 }],
    ['thing 2.10', '2.10', { name: 'a', colour: 'red' }],
    ['thing latest', '2.10', { name: 'a', colour: 'red' }],
    ['other 9.9, thing 2.5', '2.5', { name: 'a', colour: 'red', size: 1 }],
    ['other 9.9', '2.1', { name: 'a', size: 1 }],
    ['thing 2.7', '2.7', { name: 'a', colour: 'red', size: 1 }],
  ])('%s is %s', async (wish, echoed, shown) => {
    const { headers, body } = await (await knock())('GET /thing', at(wish))
    expect(headers['openstack-api-version']).toBe(`thing ${echoed}`)
    expect(headers['x-thing-api-version']).toBe(echoed)
    expect(headers['vary']).toBe('OpenStack-API-Version, X-Thing-API-Version')
    expect(body.thing).toEqual(shown)
  })

  test('none is the lowest', async () => {
    expect((await (await knock())('GET /thing', { as: 'member' })).headers['openstack-api-version']).toBe('thing 2.1')
  })

  test('the older header counts where the newer is missing', async () => {
    const ask = await knock()
    expect((await ask('GET /thing', { as: 'member', headers: { 'x-thing-api-version': '2.5' } })).body.thing.colour).toBe('red')
    const both = { 'x-thing-api-version': '2.5', 'openstack-api-version': 'thing 2.1' }
    expect((await ask('GET /thing', { as: 'member', headers: both })).body.thing.colour).toBe(undefined)
  })

  test.each(['2', '2.x', '2.010', '02.1', '2.1.1', '-2.1', 'newest'])('%s is malformed: 400', async wish => {
    expect((await (await knock())('GET /thing', at(`thing ${wish}`))).body.oops.kind).toBe('invalid')
  })

  test.each(['1.0', '2.0', '2.11', '3.0'])('%s is not served: 406 with what is', async wish => {
    const { status, headers, body } = await (await knock())('GET /thing', at(`thing ${wish}`))
    expect(status).toBe(406)
    expect(headers).toMatchObject({
      'openstack-api-minimum-version': 'thing 2.1',
      'openstack-api-maximum-version': 'thing 2.10',
      vary: 'OpenStack-API-Version, X-Thing-API-Version',
    })
    expect(body.oops).toMatchObject({ min_version: '2.1', max_version: '2.10' })
  })

  test('a service without microversions asks for none', async () => {
    const { headers } = await (await knock({ microversions: undefined }))('GET /thing', at('thing 99.9'))
    expect([headers['openstack-api-version'], headers['vary']]).toEqual([undefined, undefined])
  })
})

describe('what a version sees', () => {
  test('a field of a later version is refused as unknown', async () => {
    const ask = await knock()
    const body = { thing: { colour: 'blue' } }
    expect((await ask('POST /thing', { ...at('thing 2.1'), body })).body.oops.message).toContain("'colour' was unexpected")
    expect((await ask('POST /thing', { ...at('thing 2.5'), body })).body.thing.colour).toBe('blue')
  })

  test('a status and a route have versions like a field', async () => {
    const ask = await knock()
    expect((await ask('GET /thing', at('thing 2.10'))).status).toBe(203)
    expect((await ask('GET /late', at('thing 2.5'))).status).toBe(404)
    expect((await ask('GET /late', at('thing 2.10'))).status).toBe(204)
  })
})

describe('a page of a list', () => {
  test('links to the next with all that was asked, and only the marker changed', async () => {
    const { body } = await (await knock())('GET /things?limit=1&name=%C3%A4&marker=old', { as: 'member' })
    expect(body.next).toBe('http://cloud:1234/things?limit=1&name=%C3%A4&marker=m%26m')
  })

  test('that is the last has no next', async () => {
    expect((await (await knock())('GET /things', { as: 'member' })).body).toEqual({ things: [{ name: 'a', size: 1 }] })
  })
})
