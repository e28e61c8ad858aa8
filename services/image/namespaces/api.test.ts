import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

const admin = (route: string, body?: unknown) => at.ask(`${route.replace(' /', ' /v2/metadefs/')}`, { as: 'admin.admin', body })
const member = (route: string, body?: unknown) => at.ask(`${route.replace(' /', ' /v2/metadefs/')}`, { body })

const whole = {
  namespace: 'OS::Compute::Quota',
  display_name: 'Quotas',
  visibility: 'public',
  resource_type_associations: [{ name: 'OS::Nova::Flavor', prefix: 'quota:' }],
  properties: { cpu_shares: { title: 'Shares', type: 'integer', minimum: 1 } },
  objects: [{ name: 'disk', required: ['read'], properties: { read: { title: 'Read', type: 'integer' } } }],
  tags: [{ name: 'limits' }],
}

describe('a catalog of metadata', () => {
  test('is made whole, shown whole, and with prefixes for the resource that is asked about', async () => {
    const made = await admin('POST /namespaces', whole)
    expect([made.status, made.headers.get('location')]).toEqual([201, '/v2/metadefs/namespaces/OS%3A%3ACompute%3A%3AQuota'])
    const { body } = await member('GET /namespaces/OS::Compute::Quota')
    expect(body).toMatchObject({ ...whole, owner: 'admin', protected: false, schema: '/v2/schemas/metadefs/namespace' })
    const prefixed = await member('GET /namespaces/OS::Compute::Quota?resource_type=OS::Nova::Flavor')
    expect(Object.keys(prefixed.body.properties)).toEqual(['quota:cpu_shares'])
    expect(prefixed.body.objects[0]).toMatchObject({ required: ['quota:read'] })
    const property = await member('GET /namespaces/OS::Compute::Quota/properties/quota:cpu_shares?resource_type=OS::Nova::Flavor')
    expect(property.body).toEqual({ name: 'cpu_shares', title: 'Shares', type: 'integer', minimum: 1 })
  })

  test('is listed to those who may see it, in pages', async () => {
    for (const [namespace, visibility] of [
      ['a', 'public'],
      ['b', 'private'],
      ['c', 'public'],
    ])
      await admin('POST /namespaces', { namespace, visibility })
    const names = (body: { namespaces: { namespace: string }[] }) => body.namespaces.map(one => one.namespace)
    expect(names((await member('GET /namespaces?sort_dir=asc')).body)).toEqual(['a', 'c'])
    const first = (await admin('GET /namespaces?sort_dir=asc&limit=2')).body
    expect([names(first), first.next]).toEqual([['a', 'b'], '/v2/metadefs/namespaces?sort_dir=asc&limit=2&marker=b'])
    expect(names((await at.ask(`GET ${first.next}`, { as: 'admin.admin' })).body)).toEqual(['c'])
    expect((await member('GET /namespaces/b')).status).toBe(404)
  })

  test('is for administrators to change, once of each name, and stays while protected', async () => {
    expect((await member('POST /namespaces', whole)).status).toBe(403)
    await admin('POST /namespaces', { namespace: 'n', protected: true })
    expect((await admin('POST /namespaces', { namespace: 'n' })).status).toBe(409)
    expect((await admin('DELETE /namespaces/n')).status).toBe(403)
    expect((await admin('PUT /namespaces/n', { namespace: 'm', protected: false })).body).toMatchObject({
      namespace: 'm',
      visibility: 'private',
    })
    expect((await admin('DELETE /namespaces/n')).status).toBe(404)
    expect((await admin('DELETE /namespaces/m')).status).toBe(204)
  })

  test.each([
    ['without a name', {}, 400],
    ['with a field that nobody knows', { namespace: 'n', colour: 'red' }, 400],
    ['with a time of its own', { namespace: 'n', created_at: '2020-01-01T00:00:00Z' }, 403],
    ['whose property has no title', { namespace: 'n', properties: { p: { type: 'string' } } }, 400],
  ])('%s is refused', async (_, body, status) => expect((await admin('POST /namespaces', body)).status).toBe(status))
})

describe('what is in a catalog', () => {
  beforeEach(() => admin('POST /namespaces', { namespace: 'n', visibility: 'public' }))

  test.each([
    ['properties', { name: 'one', title: 'One', type: 'string' }],
    ['objects', { name: 'one', description: 'first' }],
  ])('%s come, change and go', async (path, item) => {
    expect((await admin(`POST /namespaces/n/${path}`, item)).status).toBe(201)
    expect((await admin(`POST /namespaces/n/${path}`, item)).status).toBe(409)
    expect((await admin(`PUT /namespaces/n/${path}/one`, { ...item, name: 'two' })).body.name).toBe('two')
    expect((await member(`GET /namespaces/n/${path}/one`)).status).toBe(404)
    expect((await member(`GET /namespaces/n/${path}/two`)).body).toMatchObject({ ...item, name: 'two' })
    expect((await member(`DELETE /namespaces/n/${path}/two`)).status).toBe(403)
    expect((await admin(`DELETE /namespaces/n/${path}/two`)).status).toBe(204)
    expect((await admin(`DELETE /namespaces/n/${path}`)).status).toBe(204)
  })

  test('tags are set together or one by one', async () => {
    const tags = async () => (await member('GET /namespaces/n/tags')).body.tags.map((tag: { name: string }) => tag.name)
    await admin('POST /namespaces/n/tags', { tags: [{ name: 'a' }, { name: 'b' }] })
    expect((await admin('POST /namespaces/n/tags/c')).body.name).toBe('c')
    expect((await admin('PUT /namespaces/n/tags/c', { name: 'd' })).body.name).toBe('d')
    expect(await tags()).toEqual(['a', 'b', 'd'])
    await at.ask('POST /v2/metadefs/namespaces/n/tags', {
      as: 'admin.admin',
      body: { tags: [{ name: 'e' }] },
      headers: { 'x-openstack-append': 'true' },
    })
    expect(await tags()).toEqual(['a', 'b', 'd', 'e'])
    await admin('POST /namespaces/n/tags', { tags: [{ name: 'z' }] })
    expect(await tags()).toEqual(['z'])
    await admin('DELETE /namespaces/n/tags')
    expect(await tags()).toEqual([])
  })

  test('kinds of resources are named and forgotten', async () => {
    expect((await member('GET /resource_types')).body.resource_types.map((one: { name: string }) => one.name)).toContain('OS::Nova::Flavor')
    expect((await admin('POST /namespaces/n/resource_types', { name: 'My::Thing', prefix: 'my:' })).status).toBe(201)
    expect((await member('GET /namespaces/n/resource_types')).body.resource_type_associations).toHaveLength(1)
    expect((await admin('DELETE /namespaces/n/resource_types/My::Thing')).status).toBe(204)
    expect((await admin('DELETE /namespaces/n/resource_types/My::Thing')).status).toBe(404)
  })
})
