import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const create = (number: number, more: object = {}) =>
  ask('POST /resource_providers', { body: { name: `host-${number}`, uuid: uuidOf(number), ...more } })
const below = (number: number) => ({ parent_provider_uuid: uuidOf(number) })
const put = (number: number, body: object, version = '1.39') =>
  ask(`PUT /resource_providers/${uuidOf(number)}`, { body: { name: `host-${number}`, ...body }, version })
const codeOf = ({ status, body }: Awaited<ReturnType<Bench['ask']>>) => [status, body.errors?.[0]?.code]
const found = async (query: string, version = '1.39') =>
  (await ask(`GET /resource_providers?${query}`, { version })).body.resource_providers.map((one: { name: string }) => one.name)

describe('creating a provider', () => {
  test('shows it, with where it stands and where more is to be found', async () => {
    const { status, headers, body } = await create(1)
    const self = `/resource_providers/${uuidOf(1)}`
    expect([status, headers['location']]).toEqual([200, `http://cloud:5000${self}`])
    expect(body).toEqual({
      uuid: uuidOf(1),
      name: 'host-1',
      generation: 0,
      parent_provider_uuid: null,
      root_provider_uuid: uuidOf(1),
      links: [
        { rel: 'self', href: self },
        ...['inventories', 'usages', 'aggregates', 'traits', 'allocations'].map(rel => ({ rel, href: `${self}/${rel}` })),
      ],
    })
  })

  test('shows nothing before 1.20', async () => {
    const { status, body, headers } = await ask('POST /resource_providers', { body: { name: 'old' }, version: '1.19' })
    expect([status, body]).toEqual([201, ''])
    expect(headers['location']).toMatch(/\/resource_providers\/[0-9a-f-]{36}$/)
  })

  test('refuses a name or a UUID that is taken', async () => {
    await create(1)
    expect(codeOf(await create(1))).toEqual([409, 'placement.duplicate_name'])
    expect(codeOf(await create(2, { name: 'host-1' }))).toEqual([409, 'placement.duplicate_name'])
  })

  test('refuses a parent that is not there, and itself', async () => {
    expect((await create(1, below(9))).status).toBe(400)
    expect((await create(1, below(1))).status).toBe(400)
  })

  test('keeps a UUID in its usual form however it was written', async () => {
    const { body } = await create(1, { uuid: uuidOf(1).replaceAll('-', '').toUpperCase() })
    expect(body.uuid).toBe(uuidOf(1))
  })
})

describe('a tree of providers', () => {
  beforeEach(async () => {
    await create(1)
    await create(2, below(1))
    await create(3, below(2))
    await create(4)
  })

  test('has one root', async () => {
    expect((await ask(`GET /resource_providers/${uuidOf(3)}`)).body).toMatchObject({
      parent_provider_uuid: uuidOf(2),
      root_provider_uuid: uuidOf(1),
    })
    expect(await found(`in_tree=${uuidOf(2)}`)).toEqual(['host-1', 'host-2', 'host-3'])
  })

  test('is moved with all below, since 1.37', async () => {
    expect((await put(2, below(4), '1.36')).status).toBe(400)
    expect((await put(2, below(4))).body.root_provider_uuid).toBe(uuidOf(4))
    expect((await ask(`GET /resource_providers/${uuidOf(3)}`)).body.root_provider_uuid).toBe(uuidOf(4))
    expect((await put(2, { parent_provider_uuid: null })).body.root_provider_uuid).toBe(uuidOf(2))
    expect(await found(`in_tree=${uuidOf(3)}`)).toEqual(['host-2', 'host-3'])
  })

  test('gets no loops', async () => {
    expect((await put(1, below(3))).status).toBe(400)
    expect((await put(1, below(1))).status).toBe(400)
  })

  test('loses only who stands above nobody', async () => {
    expect(codeOf(await ask(`DELETE /resource_providers/${uuidOf(2)}`))).toEqual([409, 'placement.resource_provider.cannot_delete_parent'])
    expect((await ask(`DELETE /resource_providers/${uuidOf(3)}`)).status).toBe(204)
    expect((await ask(`GET /resource_providers/${uuidOf(3)}`)).status).toBe(404)
    expect(await found(`in_tree=${uuidOf(1)}`)).toEqual(['host-1', 'host-2'])
  })

  test('takes one in that stood alone', async () => {
    expect((await put(4, below(3), '1.14')).body.root_provider_uuid).toBe(uuidOf(1))
  })
})

describe('a list of providers', () => {
  const aggregate = uuidOf(77)
  beforeEach(async () => {
    for (const number of [1, 2, 3]) await create(number)
    const write = (number: number, what: string, body: object) =>
      ask(`PUT /resource_providers/${uuidOf(number)}/${what}`, { body: { resource_provider_generation: 0, ...body } })
    await write(1, 'inventories', { inventories: { VCPU: { total: 4, max_unit: 2 } } })
    await write(2, 'traits', { traits: ['HW_CPU_X86_VMX', 'HW_CPU_X86_AVX'] })
    await write(3, 'aggregates', { aggregates: [aggregate] })
  })

  test.each([
    ['name=host-2', ['host-2']],
    [`uuid=${uuidOf(3)}`, ['host-3']],
    ['resources=VCPU:2', ['host-1']],
    ['resources=VCPU:3', []],
    ['required=HW_CPU_X86_VMX', ['host-2']],
    ['required=!HW_CPU_X86_VMX', ['host-1', 'host-3']],
    ['required=in:HW_CPU_X86_VMX,HW_CPU_X86_SSE&required=HW_CPU_X86_AVX', ['host-2']],
    [`member_of=${aggregate}`, ['host-3']],
    [`member_of=!in:${aggregate},${uuidOf(78)}`, ['host-1', 'host-2']],
    [`in_tree=${uuidOf(9)}`, []],
  ])('by %s', async (query, names) => {
    expect(await found(query)).toEqual(names)
  })

  test.each([
    ['member_of=x', '1.39'],
    ['required=NO_SUCH_TRAIT', '1.39'],
    ['resources=NO_SUCH_CLASS:1', '1.39'],
    ['resources=VCPU', '1.39'],
    ['resources=VCPU:0', '1.39'],
    ['required=in:HW_CPU_X86_VMX', '1.38'],
    ['required=!HW_CPU_X86_VMX', '1.21'],
    [`member_of=!${uuidOf(77)}`, '1.31'],
    [`member_of=${uuidOf(77)}&member_of=${uuidOf(78)}`, '1.23'],
    ['required=HW_CPU_X86_VMX', '1.17'],
    ['colour=green', '1.39'],
  ])('not by %s in %s', async (query, version) => {
    expect((await ask(`GET /resource_providers?${query}`, { version })).status).toBe(400)
  })

  test('says when it last changed, since 1.15', async () => {
    const { headers } = await ask('GET /resource_providers')
    expect([headers['cache-control'], headers['last-modified']]).toEqual(['no-cache', expect.stringMatching(/GMT$/)])
    expect((await ask('GET /resource_providers', { version: '1.14' })).headers['last-modified']).toBeUndefined()
  })
})

describe('an error', () => {
  test('has a code since 1.23, and always the id of its request', async () => {
    const route = `GET /resource_providers/${uuidOf(1)}`
    const { headers, body } = await ask(route)
    expect(body.errors).toEqual([
      {
        status: 404,
        title: 'Not Found',
        detail: `No resource provider with uuid ${uuidOf(1)} found`,
        code: 'placement.undefined_code',
        request_id: headers['x-openstack-request-id'],
      },
    ])
    expect((await ask(route, { version: '1.22' })).body.errors[0].code).toBeUndefined()
  })

  test('about a version that is not served names those that are', async () => {
    const { status, body } = await ask('GET /resource_providers', { version: '1.40' })
    expect([status, body.errors[0].min_version, body.errors[0].max_version]).toEqual([406, '1.0', '1.39'])
  })
})

describe('who may', () => {
  test.each([
    ['GET /resource_providers', 200],
    ['POST /resource_providers', 200],
    [`PUT /resource_providers/${uuidOf(5)}`, 404],
    [`DELETE /resource_providers/${uuidOf(5)}`, 404],
  ])('%s: neither a stranger nor a member, an admin %i', async (route, admin) => {
    const body = route.startsWith('P') ? { name: 'x' } : undefined
    expect((await ask(route, { as: '', body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(403)
    expect((await ask(route, { body })).status).toBe(admin)
  })

  test('everybody sees which versions there are', async () => {
    const { status, body } = await ask('GET /', { as: '' })
    expect([status, body.versions[0].max_version]).toEqual([200, '1.39'])
  })
})
