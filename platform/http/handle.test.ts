import { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { Refusal } from '../refusal.ts'
import { Answer, answer, type Endpoint, open } from './endpoint.ts'
import { optional, required } from './fields.ts'
import type { Service, Served } from './service.ts'
import { integer, list, text } from './shape.ts'
import { type Ask, body, doorOf, endpoint, plainBody, query, since, view } from './testing.ts'
import { shows } from './view.ts'

let close: () => Promise<void> = async () => {}
afterEach(() => close())
const knock = async (endpoints: readonly Endpoint[], more: Partial<Service> = {}): Promise<Ask> => {
  const door = await doorOf(endpoints, more)
  close = door.close
  return door.ask
}

const echo = view(null, { said: shows<unknown>()(text(), said => said as string) })
const things = { project_id: 'p-1' }
const thing = (id: string) => {
  if (id === 'none') throw new Refusal('not-found', 'There is no thing none.')
  return { id, ...things }
}
const show = endpoint('GET /things/{id}', {
  summary: 'Show a thing',
  policy: 'owner',
  status: 200,
  about: ({ params }) => thing(params.id),
  target: ({ about }) => ({ project_id: about.project_id }),
  view: echo,
  run: ({ about }) => about.id,
})
const create = endpoint('POST /things', {
  summary: 'Make a thing',
  policy: 'owner',
  body: body('thing', { name: required(text({ max: 5 })), size: optional(integer()) }),
  status: 201,
  target: ({ caller }) => ({ project_id: caller.projectId }),
  view: echo,
  run: ({ body }) => body.name,
})
const adminOnly = endpoint('PUT /things', {
  summary: 'Replace all things',
  policy: 'admin',
  body: body('thing', { name: required(text()) }),
  status: 200,
  run: () => {},
})

describe('who is heard', () => {
  test('a stranger hears 401 before anything of the body is looked at', async () => {
    const ask = await knock([create])
    expect((await ask('POST /things', { raw: '{', headers: { 'content-type': 'application/json' } })).status).toBe(401)
  })

  test('a bad token is 401, except where nobody needs one', async () => {
    const free = endpoint('GET /', { summary: 'x', policy: open('for all'), status: 200, view: echo, run: ({ caller }) => String(caller) })
    const ask = await knock([create, free])
    expect((await ask('POST /things', { as: 'nobody', body: {} })).status).toBe(401)
    expect((await ask('GET /', { as: 'nobody' })).body).toEqual({ said: 'undefined' })
  })

  test('policy speaks before validation complains', async () => {
    const ask = await knock([adminOnly])
    expect((await ask('PUT /things', { as: 'member', body: { thing: { name: 5 } } })).status).toBe(403)
    expect((await ask('PUT /things', { as: 'admin', body: { thing: { name: 5 } } })).status).toBe(400)
  })

  test('whoever may create hears what is wrong with the body, though the rule looks at whose it will be', async () => {
    const ask = await knock([create])
    const { status, body } = await ask('POST /things', { as: 'member', body: { thing: { name: 'too long' } } })
    expect([status, body.oops.message]).toEqual([400, "Invalid input for field/attribute name. Value: too long. 'too long' is too long"])
  })

  test('what is not there is forbidden to those who may not ask', async () => {
    const ask = await knock([show, endpoint('GET /all/{id}', { ...anyone, about: ({ params }) => thing(params.id) })])
    expect((await ask('GET /things/none', { as: 'member' })).status).toBe(403)
    expect((await ask('GET /all/none', { as: 'member' })).body.oops).toMatchObject({ status: 404, message: 'There is no thing none.' })
  })

  test('where things of others are absent, an unknown id and one of others sound alike', async () => {
    const ask = await knock([show], { foreign: 'absent' })
    expect((await ask('GET /things/a', { as: 'member' })).body).toEqual({ said: 'a' })
    expect((await ask('GET /things/a', { as: 'stranger' })).status).toBe(404)
    expect((await ask('GET /things/none', { as: 'stranger' })).status).toBe(404)
    expect((await ask('GET /things/none', { as: 'member' })).status).toBe(404)
  })

  test('`may` asks a further rule of the same caller', async () => {
    const ask = await knock([endpoint('GET /may', { ...anyone, view: echo, run: ({ may }) => String(may('admin')) })])
    expect((await ask('GET /may', { as: 'member' })).body.said).toBe('false')
    expect((await ask('GET /may', { as: 'admin' })).body.said).toBe('true')
  })
})

const anyone = { summary: 'x', policy: 'all', status: 200, run: () => {} } as const

describe('actions', () => {
  const action = (name: string) =>
    endpoint('POST /things/{id}/action', {
      summary: name,
      policy: 'all',
      action: name,
      body: plainBody(name, {}),
      status: 202,
      view: echo,
      run: () => name,
    })

  test('the one key of the body chooses among those of a path', async () => {
    const ask = await knock([action('start'), action('stop')])
    expect((await ask('POST /things/a/action', { as: 'member', body: { stop: null } })).body).toEqual({ said: 'stop' })
  })

  test.each([
    ['an unknown action', { dance: null }],
    ['no action', {}],
    ['a body that is no object', 5],
  ])('%s is 400', async (_, body) => {
    const ask = await knock([action('start'), action('stop')])
    expect((await ask('POST /things/a/action', { as: 'member', body })).status).toBe(400)
  })
})

describe('methods and addresses', () => {
  test('a method that is not declared is 405 and says which are', async () => {
    const ask = await knock([show])
    const { status, headers, body } = await ask('DELETE /things/a')
    expect([status, headers['allow'], body.oops.kind]).toEqual([405, 'GET, HEAD', 'not-allowed'])
  })

  test('HEAD is GET without its body', async () => {
    const ask = await knock([show])
    const { status, headers, text } = await ask('HEAD /things/a', { as: 'member' })
    expect([status, headers['content-length'], text]).toEqual([200, '12', ''])
  })

  test('HEAD of a stream lets go of it', async () => {
    const stream = Readable.from(endless())
    const ask = await knock([endpoint('GET /stream', { ...anyone, run: () => new Answer<void>({ stream }) })])
    expect((await ask('HEAD /stream', { as: 'member' })).status).toBe(200)
    expect(stream.destroyed).toBe(true)
  })

  test('a HEAD of its own is not GET', async () => {
    const ask = await knock([show, endpoint('HEAD /things/{id}', { ...anyone, status: 204 })])
    expect((await ask('HEAD /things/a', { as: 'member' })).status).toBe(204)
  })

  test('COPY is a method like any other', async () => {
    const ask = await knock([endpoint('COPY /things/{id}', { ...anyone, status: 201 })])
    expect((await ask('COPY /things/a', { as: 'member' })).status).toBe(201)
  })

  test.each(['/nowhere', '/things/%zz', '/things/%00', `/things/${'x'.repeat(2000)}`, '/things/%ff'])(
    '%s is refused in the dialect',
    async path => {
      const ask = await knock([endpoint('GET /things/{id}', anyone)])
      const { status, headers, body } = await ask(`GET ${path}`, { as: 'member' })
      expect([400, 404]).toContain(status)
      expect(body.oops.status).toBe(status)
      expect(headers['x-openstack-request-id']).toMatch(/^req-/)
    },
  )
})

async function* endless() {
  for (;;) yield 'more'
}

describe('bodies', () => {
  const json = { 'content-type': 'application/json' }
  const send = async (raw: string | Buffer, headers: Record<string, string> = json) =>
    (await knock([create]))('POST /things', { as: 'member', raw, headers })

  test('JSON without a type is JSON', async () => {
    expect((await send('{"thing": {"name": "a"}}', {})).status).toBe(201)
  })

  test.each([
    ['malformed JSON', '{"thing": '],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['what nests deeper than 100 levels', '['.repeat(101) + ']'.repeat(101)],
    ['a NUL', '{"thing": {"name": "\\u0000"}}'],
    ['half a surrogate pair', '{"thing": {"name": "\\ud800"}}'],
    ['a name that is half a surrogate pair', '{"thing": {"\\udc00": 1}}'],
    ['a prototype', '{"__proto__": {"thing": {"name": "a"}}}'],
  ])('%s is 400 in the dialect', async (_, raw) => {
    const { status, body } = await send(raw)
    expect([status, body.oops.kind]).toEqual([400, 'invalid'])
  })

  test('a hundred levels and brackets inside strings are no depth', async () => {
    const { body } = await send(`{"thing": {"name": "${'['.repeat(200)}"}}`)
    expect(body.oops.message).toContain('is too long')
  })

  test('more than the limit is 413 and the connection is closed, whether its length was told or not', async () => {
    const { status, headers, body } = await send(`"${'x'.repeat(1000)}"`)
    expect([status, headers['connection'], body.oops.kind]).toEqual([413, 'close', 'too-large'])
  })

  test('another type is 415', async () => {
    const { status, body } = await send('name=a', { 'content-type': 'application/x-www-form-urlencoded' })
    expect([status, body.oops.kind]).toEqual([415, 'unsupported-media'])
  })

  test('an unreadable type is 415', async () => {
    expect((await send('{}', { 'content-type': ';;;' })).body.oops.kind).toBe('unsupported-media')
  })

  test('a POST without a body but with a JSON type is answered', async () => {
    const ask = await knock([endpoint('POST /start', anyone)])
    expect((await ask('POST /start', { as: 'member', headers: json })).status).toBe(200)
  })

  test('an endpoint without a body does not mind bytes, but malformed JSON', async () => {
    const ask = await knock([endpoint('POST /start', anyone)])
    expect((await ask('POST /start', { as: 'member', raw: 'x', headers: { 'content-type': 'text/plain' } })).status).toBe(200)
    expect((await ask('POST /start', { as: 'member', raw: '{', headers: json })).status).toBe(400)
  })

  test('a streamed body is handed over whatever its type and size', async () => {
    const ask = await knock([
      endpoint('PUT /bytes', { ...anyone, streams: true, view: echo, run: async ({ door }) => String((await textOf(door.stream)).length) }),
    ])
    for (const type of ['application/json', 'application/octet-stream'])
      expect((await ask('PUT /bytes', { as: 'member', raw: 'x'.repeat(5000), headers: { 'content-type': type } })).body.said).toBe('5000')
  })
})

describe('queries', () => {
  const list_ = endpoint('GET /things', {
    ...anyone,
    query: query({ limit: optional(integer({ min: 0 })), tag: optional(list(text())), name: optional(text()) }),
    view: view(null, { query: shows<object>()({ schema: {} }, value => value) }),
    run: ({ query }) => ({ ...query }),
  })

  test('numbers and lists are read from their text; of what is sent twice the last counts', async () => {
    const ask = await knock([list_])
    const { body } = await ask('GET /things?limit=5&tag=a&name=x&name=y', { as: 'member' })
    expect(body.query).toEqual({ limit: 5, tag: ['a'], name: 'y' })
  })

  test.each(['limit=x', 'limit=-1', 'name=%00'])('%s is 400', async text => {
    const ask = await knock([list_])
    expect((await ask(`GET /things?${text}`, { as: 'member' })).status).toBe(400)
  })

  test('a parameter of later versions is nothing to earlier ones, whatever it says', async () => {
    const ask = await knock([
      endpoint('GET /things', {
        ...anyone,
        query: query({ size: since('2.5', optional(integer())) }),
        view: view(null, { query: shows<object>()({ schema: {} }, value => value) }),
        run: ({ query }) => ({ ...query }),
      }),
    ])
    const at = (version: string, size: string) =>
      ask(`GET /things?size=${size}&strange=1`, { as: 'member', headers: { 'openstack-api-version': `thing ${version}` } })
    expect((await at('2.1', 'x')).body.query).toEqual({ strange: '1' })
    expect((await at('2.5', '3')).body.query).toEqual({ size: 3, strange: '1' })
    expect((await at('2.5', 'x')).status).toBe(400)
  })

  test('names that every object has are names like any other', async () => {
    const ask = await knock([list_])
    expect((await ask('GET /things?constructor=1&__proto__=2&__proto__=3', { as: 'member' })).status).toBe(200)
  })
})

describe('what goes wrong', () => {
  const failing = (error: unknown) =>
    endpoint('GET /fail', {
      ...anyone,
      run: () => {
        throw error
      },
    })

  test('a defect is 500 without its text, and is logged whole', async () => {
    const logged: unknown[] = []
    const ask = await knock([failing(new Error('secret at /etc/x'))], {
      log: { info() {}, warn() {}, error: (_, fields) => logged.push(fields) },
    })
    const { status, text } = await ask('GET /fail', { as: 'member' })
    expect(status).toBe(500)
    expect(text).not.toContain('secret')
    expect(logged).toEqual([expect.objectContaining({ error: expect.objectContaining({ message: 'secret at /etc/x' }) })])
  })

  test('an error of another program that carries a status is still a defect', async () => {
    const ask = await knock([failing(Object.assign(new Error('from afar'), { statusCode: 400 }))])
    expect((await ask('GET /fail', { as: 'member' })).status).toBe(500)
  })

  test('two requests that stored the same at once are a conflict', async () => {
    const ask = await knock([failing(Object.assign(new Error('UNIQUE constraint failed: thing.name'), { errcode: 2067 }))])
    expect((await ask('GET /fail', { as: 'member' })).body.oops.kind).toBe('conflict')
  })

  test('a refusal says when to try again', async () => {
    const ask = await knock([failing(new Refusal('unavailable', 'Later.', { retryAfterS: 7 }))])
    const { status, headers } = await ask('GET /fail', { as: 'member' })
    expect([status, headers['retry-after']]).toEqual([503, '7'])
  })
})

describe('request ids', () => {
  test('every answer has one, under each of its names', async () => {
    const ask = await knock([show])
    for (const route of ['GET /things/a', 'GET /nowhere', 'DELETE /things/a']) {
      const { headers } = await ask(route)
      expect(headers['x-openstack-request-id']).toMatch(/^req-[0-9a-f-]{36}$/)
      expect(headers['x-thing-request-id']).toBe(headers['x-openstack-request-id'])
    }
  })

  test('a well-formed id of the client’s travels along; another does not', async () => {
    const served: Served[] = []
    const ask = await knock([show], { onServed: one => served.push(one) })
    const id = 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d'
    await ask('GET /things/a', { as: 'member', headers: { 'x-openstack-request-id': id } })
    await ask('GET /things/a', { as: 'member', headers: { 'x-openstack-request-id': 'req-forged\tlog' } })
    expect(served.map(({ cause }) => cause.globalRequestId)).toEqual([id, undefined])
    expect(served[0]).toMatchObject({ route: '/things/{id}', cause: { userId: 'u-member', projectId: 'p-1', why: 'GET /things/{id}' } })
  })

  test('what no route answers is served too: the access log misses nothing', async () => {
    const served: Served[] = []
    const ask = await knock([show], { onServed: one => served.push(one) })
    await ask('GET /nowhere')
    await ask('PUT /things/a')
    expect(served.map(({ route, reply }) => [route, reply.statusCode])).toEqual([
      ['none', 404],
      ['none', 405],
    ])
  })
})

describe('links', () => {
  const here = endpoint('GET /here', { summary: 'x', policy: open('x'), status: 200, view: echo, run: ({ base }) => base })
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'cloud.example.org', 'x-forwarded-prefix': '/things' }

  test('X-Forwarded-* counts only when the proxy is trusted', async () => {
    expect((await (await knock([here]))('GET /here', { headers: forwarded })).body.said).toBe('http://cloud:1234')
    await close()
    const ask = await knock([here], { trustProxy: true })
    expect((await ask('GET /here', { headers: forwarded })).body.said).toBe('https://cloud.example.org/things')
  })

  test.each(['[', 'a"b', 'a/b', 'a b', 'x:99999'])('a host %s is not repeated', async host => {
    const ask = await knock([here])
    expect((await ask('GET /here', { headers: { host } })).body.said).not.toContain(host)
  })

  test('an answer may carry a status and headers of its own', async () => {
    const made = endpoint('POST /made', { ...anyone, view: echo, run: () => answer('yes', { status: 202, headers: { location: '/x' } }) })
    const ask = await knock([made])
    const { status, headers, body } = await ask('POST /made', { as: 'member' })
    expect([status, headers['location'], body]).toEqual([202, '/x', { said: 'yes' }])
  })
})

test('who is asking is found by the caller’s token and by that of the service that hands it on', async () => {
  const knocks: object[] = []
  const ask = await knock([show], {
    authenticate: async knocked => {
      knocks.push(knocked)
      return { userId: 'u-member', projectId: 'p-1', roles: ['member'] }
    },
  })
  await ask('GET /things/t?deep=1', { headers: { 'x-auth-token': 'theirs', 'x-service-token': 'novas' } })
  await ask('GET /things/t', { headers: { 'x-auth-token': 'theirs' } })
  const requestId = expect.stringMatching(/^req-/)
  expect(knocks).toEqual([
    { method: 'GET', path: '/things/t', token: 'theirs', serviceToken: 'novas', requestId },
    { method: 'GET', path: '/things/t', token: 'theirs', serviceToken: undefined, requestId },
  ])
})
