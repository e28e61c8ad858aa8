import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, describe, expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { open } from './endpoint.ts'
import { optional, required } from './fields.ts'
import { openApi31 } from './openapi-schema.ts'
import { integer, nullable, oneOf, text } from './shape.ts'
import { body, doorOf, endpoint, listView, plainBody, query, since, until, view } from './testing.ts'
import { shows } from './view.ts'

interface Thing {
  readonly id: string
}
const shown = shows<Thing>()
const thingView = view('thing', {
  id: shown(text(), thing => thing.id),
  colour: since(
    '2.5',
    shown(nullable(text()), () => null),
  ),
})
const run = () => ({ id: 'a' })
const action = (name: string, more: { since?: string } = {}) =>
  endpoint('POST /v2/things/{id}/action', {
    summary: `${name} a thing`,
    policy: 'owner',
    action: name,
    body: plainBody(name, { type: ['object', 'null'] }),
    status: 202,
    view: thingView,
    run,
    ...more,
  })
const endpoints = [
  endpoint('GET /', { summary: 'Versions', policy: open('first look'), status: 300, run: () => {} }),
  endpoint('GET /v2/things', {
    summary: 'List',
    policy: 'all',
    query: query({ limit: optional(integer({ min: 0 })), sort: required(oneOf('id')) }),
    status: 200,
    view: listView('things', thingView),
    run: () => ({ items: [] }),
  }),
  endpoint('POST /v2/things', {
    summary: 'Make',
    policy: 'admin',
    body: body('thing', { name: required(text()), size: until('2.5', optional(integer())), colour: since('2.5', required(text())) }),
    status: [201, since('2.10', 202)],
    view: thingView,
    run,
  }),
  endpoint('PUT /v2/things/{id}/file', { summary: 'Write', policy: 'all', streams: true, status: 204, run: () => {} }),
  endpoint('COPY /v2/things/{id}', { summary: 'Copy', policy: 'all', status: 201, run: () => {} }),
  endpoint('DELETE /v2/things/{id}', { summary: 'Delete', policy: 'owner', status: 204, until: '2.5', run: () => {} }),
  action('start'),
  action('stop', { since: '2.5' }),
]

let close: () => Promise<void> = async () => {}
afterEach(() => close())
const read = async (query = '', more = {}) => {
  const door = await doorOf(endpoints, more)
  close = door.close
  return door.ask(`GET /openapi.json${query}`)
}
const isValid = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(openApi31)

/** Every JSON Schema in a document. */
const schemasIn = (part: unknown): object[] =>
  typeof part !== 'object' || part === null
    ? []
    : Object.entries(part).flatMap(([name, one]) => (name === 'schema' ? [one as object] : schemasIn(one)))

describe('the document a door serves', () => {
  test.each(['', '?microversion=2.1', '?microversion=2.5', '?microversion=latest'])('%s is OpenAPI 3.1, open to all', async query => {
    const { status, headers, body } = await read(query)
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect(isValid(body) || isValid.errors).toBe(true)
    for (const schema of schemasIn(body.paths)) expect(() => new Ajv2020({ strict: false }).compile(schema)).not.toThrow()
    const ids = Object.values<object>(body.paths).flatMap(path => Object.values(path).map(operation => operation.operationId))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('is the latest version’s unless told, and between two rungs that of the rung below', async () => {
    expect((await read()).body.info).toMatchObject({ title: 'things', version: '2.10', 'x-min-version': '2.1', 'x-max-version': '2.10' })
    await close()
    expect((await read('?microversion=2.7')).body.info.version).toBe('2.5')
  })

  test.each(['1.0', '2.11', 'x', ''])('of version %j is refused in the dialect', async version => {
    const { status, body } = await read(`?microversion=${version}`)
    expect([status, body.oops.kind]).toEqual([400, 'invalid'])
  })

  test('has the service’s own address and name', async () => {
    const { body } = await read('', { title: 'All things' })
    expect([body.servers, body.info.title]).toEqual([[{ url: 'http://cloud:1234' }], 'All things'])
  })

  test('is not served over a route of the service’s own', async () => {
    const own = endpoint('GET /openapi.json', { summary: 'x', policy: open('x'), status: 204, run: () => {} })
    const door = await doorOf([own])
    close = door.close
    expect((await door.ask('GET /openapi.json')).status).toBe(204)
  })
})

describe('what it says of an endpoint', () => {
  test('body, query, view and status are those of the version', async () => {
    const old = (await read('?microversion=2.1')).body.paths['/v2/things']
    await close()
    const latest = (await read()).body.paths['/v2/things']
    const fields = (path: typeof old) => Object.keys(path.post.requestBody.content['application/json'].schema.properties.thing.properties)
    expect([fields(old), fields(latest)]).toEqual([
      ['name', 'size'],
      ['name', 'colour'],
    ])
    expect([Object.keys(old.post.responses)[0], Object.keys(latest.post.responses)[0]]).toEqual(['201', '202'])
    const items = latest.get.responses[200].content['application/json'].schema.properties.things.items
    expect(Object.keys(items.properties)).toEqual(['id', 'colour'])
    expect(latest.get.parameters).toContainEqual({ name: 'sort', in: 'query', required: true, schema: { enum: ['id'] } })
  })

  test('an endpoint another version does not have is not in it', async () => {
    expect((await read()).body.paths['/v2/things/{id}']?.delete).toBe(undefined)
  })

  test('actions of one path are one operation whose body is one of theirs', async () => {
    const { post } = (await read()).body.paths['/v2/things/{id}/action']
    expect(post.requestBody.content['application/json'].schema.oneOf).toHaveLength(2)
    expect(post['x-actions']).toEqual({
      start: { summary: 'start a thing', policy: 'owner' },
      stop: { summary: 'stop a thing', policy: 'owner', since: '2.5' },
    })
  })

  test('refusals are shown in the dialect, under the statuses they have there', async () => {
    const teapot = { spell: ({ kind }: { kind: string }) => ({ status: kind === 'forbidden' ? 418 : undefined, body: { fault: kind } }) }
    const { paths, components } = (await read('', teapot)).body
    expect(paths['/v2/things'].post.responses[418]).toEqual({ $ref: '#/components/responses/forbidden' })
    expect(components.responses.forbidden.content).toEqual({ 'application/json': { example: { fault: 'forbidden' } } })
  })

  test('tags are what the paths are about, a token is asked for but where it is open', async () => {
    const { tags, paths } = (await read()).body
    expect(tags).toEqual([{ name: 'things' }, { name: 'versions' }])
    expect(paths['/'].get.security).toEqual([])
    expect(paths['/v2/things'].get).toMatchObject({ security: [{ token: [] }], 'x-policy': 'all' })
    expect(paths['/v2/things/{id}/file'].put.requestBody.content).toHaveProperty(['application/octet-stream'])
  })

  test('describing asks nothing of what the routes are answered by', async () => {
    const broken = [endpoint('GET /broken', { summary: 'x', policy: 'all', status: 200, run: refuse, about: refuse, target: refuse })]
    const door = await doorOf(broken)
    close = door.close
    expect((await door.ask('GET /openapi.json')).status).toBe(200)
  })
})

const refuse = () => {
  throw new Refusal('invalid', 'never called')
}
