import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const create = (network: object, as?: string) => ask('POST /v2.0/networks', { ...(as ? { as } : {}), body: { network } })

describe('creating a network', () => {
  test('gives it everything a network has, and hides the provider from its project', async () => {
    const { status, body } = await create({ name: 'private' })
    expect(status).toBe(201)
    expect(body.network).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'private',
      project_id: 'p-demo',
      tenant_id: 'p-demo',
      description: '',
      admin_state_up: true,
      status: 'ACTIVE',
      shared: false,
      'router:external': false,
      mtu: 1450,
      port_security_enabled: true,
      availability_zone_hints: [],
      availability_zones: [],
      qos_policy_id: null,
      dns_domain: '',
      subnets: [],
      ipv4_address_scope: null,
      ipv6_address_scope: null,
      l2_adjacency: true,
      tags: [],
      revision_number: expect.any(Number),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updated_at: expect.stringMatching(/Z$/),
    })
  })

  test('shows its segment to an administrator', async () => {
    const { body } = await create({ name: 'x' }, 'admin')
    expect(body.network['provider:network_type']).toBe('vxlan')
    expect(body.network['provider:segmentation_id']).toBeGreaterThan(0)
    expect(body.network['provider:physical_network']).toBeNull()
  })

  test('several at once are all made, or none', async () => {
    const made = await ask('POST /v2.0/networks', { body: { networks: [{ name: 'a' }, { name: 'b' }] } })
    expect([made.status, made.body.networks.map((one: { name: string }) => one.name)]).toEqual([201, ['a', 'b']])
    const vlan = { 'provider:network_type': 'vlan', 'provider:physical_network': 'physnet1', 'provider:segmentation_id': 100 }
    const refused = await ask('POST /v2.0/networks', { as: 'admin', body: { networks: [vlan, vlan] } })
    expect(refused.status).toBe(409)
    expect((await ask('GET /v2.0/networks', { as: 'admin' })).body.networks).toHaveLength(2)
  })

  test.each([
    [{ network: { name: 'x', colour: 'green' } }, "Unrecognized attribute(s) 'colour'"],
    [{ network: { status: 'UP' } }, "Attribute 'status' not allowed in POST"],
    [{ network: { name: 5 } }, "Invalid input for name. Reason: '5' is not a valid string."],
    [{ network: { admin_state_up: 'maybe' } }, "Invalid input for operation: 'maybe' cannot be converted to boolean."],
    [{ network: { admin_state_up: { toString: 1 } } }, "Invalid input for operation: '{'toString': 1}' cannot be converted to boolean."],
    [{ net: {} }, "Unable to find 'network' in request body"],
    [
      { network: { project_id: 'p-other' } },
      "Specifying 'project_id' or 'tenant_id' other than the authenticated project in request requires admin privileges",
    ],
    [{ network: { mtu: 9000 } }, 'Invalid input for operation: Requested MTU is too big, maximum is 1450.'],
  ])('%j is refused as %s', async (body, message) => {
    const answered = await ask('POST /v2.0/networks', { body })
    expect([answered.status, answered.body.NeutronError.message]).toEqual([400, message])
  })

  test('for another project is an administrator’s right, by either name of the owner', async () => {
    expect((await create({ tenant_id: 'p-demo' }, 'admin')).body.network.project_id).toBe('p-demo')
  })

  test('over the quota is a conflict', async () => {
    await ask('PUT /v2.0/quotas/p-demo', { as: 'admin', body: { quota: { network: 1 } } })
    await create({})
    const { status, body } = await create({})
    expect([status, body.NeutronError]).toEqual([
      409,
      { type: 'OverQuota', message: "Quota exceeded for resources: ['network'].", detail: '' },
    ])
  })
})

describe('what a network is made of', () => {
  const vlan = (id?: number) => ({
    'provider:network_type': 'vlan',
    'provider:physical_network': 'physnet1',
    ...(id === undefined ? {} : { 'provider:segmentation_id': id }),
  })

  test('a tag that is taken is refused, one that nobody names is found', async () => {
    expect((await create(vlan(101), 'admin')).status).toBe(201)
    const { status, body } = await create(vlan(101), 'admin')
    expect([status, body.NeutronError.type]).toEqual([409, 'VlanIdInUse'])
    const tags = [await create(vlan(), 'admin'), await create(vlan(), 'admin')].map(one => one.body.network['provider:segmentation_id'])
    expect(tags.sort()).toEqual([100, 102])
    expect((await create(vlan(), 'admin')).body.NeutronError.type).toBe('NoNetworkAvailable')
  })

  test('one physical network carries one flat network', async () => {
    const flat = { 'provider:network_type': 'flat', 'provider:physical_network': 'public' }
    expect((await create(flat, 'admin')).body.network.mtu).toBe(1500)
    expect((await create(flat, 'admin')).body.NeutronError.type).toBe('FlatNetworkInUse')
  })

  test('the tag of a network that is deleted is free again', async () => {
    const { id } = (await create(vlan(100), 'admin')).body.network
    expect((await ask(`DELETE /v2.0/networks/${id}`, { as: 'admin' })).status).toBe(204)
    expect((await create(vlan(100), 'admin')).status).toBe(201)
  })

  test('members may not choose it', async () => {
    const { status, body } = await create(vlan(100))
    expect([status, body.NeutronError.type]).toEqual([403, 'PolicyNotAuthorized'])
  })
})

describe('who sees a network', () => {
  test('its project and administrators; to others it is not there', async () => {
    const { id } = await at.make('networks', { network: { name: 'mine' } })
    expect((await ask(`GET /v2.0/networks/${id}`)).status).toBe(200)
    expect((await ask(`GET /v2.0/networks/${id}`, { as: 'admin' })).status).toBe(200)
    const { status, body } = await ask(`GET /v2.0/networks/${id}`, { as: 'other' })
    expect([status, body.NeutronError]).toEqual([
      404,
      { type: 'NetworkNotFound', message: `Network ${id} could not be found.`, detail: '' },
    ])
    expect((await ask(`DELETE /v2.0/networks/${id}`, { as: 'other' })).status).toBe(404)
    expect((await ask('GET /v2.0/networks', { as: 'other' })).body.networks).toEqual([])
  })

  test('all, when it is shared; but only its owner changes it', async () => {
    const { id } = await at.make('networks', { network: { shared: true, name: 'all' } }, 'admin')
    const { body } = await ask(`GET /v2.0/networks/${id}`, { as: 'other' })
    expect(body.network.shared).toBe(true)
    expect((await ask(`PUT /v2.0/networks/${id}`, { as: 'other', body: { network: { name: 'x' } } })).status).toBe(403)
    expect((await ask('GET /v2.0/networks?shared=True', { as: 'other' })).body.networks).toHaveLength(1)
  })

  test('all, when it is external', async () => {
    const { id } = await at.make('networks', { network: { 'router:external': true } }, 'admin')
    expect((await ask('GET /v2.0/networks?router:external=True', { as: 'other' })).body.networks.map((n: { id: string }) => n.id)).toEqual([
      id,
    ])
  })
})

describe('a list of networks', () => {
  beforeEach(async () => {
    for (const name of ['b', 'c', 'a']) await at.make('networks', { network: { name } })
  })
  const names = async (query: string) => (await ask(`GET /v2.0/networks?${query}`)).body.networks.map((one: { name: string }) => one.name)

  test('is sorted and paged by what the client says, with links to the pages around', async () => {
    expect(await names('sort_key=name&sort_dir=desc')).toEqual(['c', 'b', 'a'])
    const first = await ask('GET /v2.0/networks?sort_key=name&sort_dir=asc&limit=2')
    expect(first.body.networks.map((one: { name: string }) => one.name)).toEqual(['a', 'b'])
    const next = first.body.networks_links.find((link: { rel: string }) => link.rel === 'next').href
    const second = await ask(`GET ${next.replace('http://cloud:5000', '')}`)
    expect(second.body.networks.map((one: { name: string }) => one.name)).toEqual(['c'])
    const marker = second.body.networks[0].id
    expect(await names(`sort_key=name&sort_dir=asc&limit=2&page_reverse=True&marker=${marker}`)).toEqual(['a', 'b'])
  })

  test('holds only the fields that were asked for', async () => {
    const { body } = await ask('GET /v2.0/networks?name=a&fields=name&fields=mtu')
    expect(body.networks).toEqual([{ name: 'a', mtu: 1450 }])
  })

  test('is narrowed by several values of one attribute', async () => {
    expect(await names('name=a&name=b&sort_key=name&sort_dir=asc')).toEqual(['a', 'b'])
  })

  test.each([
    ['colour=green', "['colour'] is invalid attribute for filtering"],
    ['sort_key=colour&sort_dir=asc', "['colour'] is invalid attribute for sort_keys"],
    ['sort_key=name', 'The number of sort_keys and sort_dirs must be same'],
    ['limit=-1', "Bad limit request: Limit must be an integer 0 or greater and not '-1'."],
  ])('%s is refused', async (query, message) => {
    const { status, body } = await ask(`GET /v2.0/networks?${query}`)
    expect([status, body.NeutronError.message]).toEqual([400, message])
  })
})

describe('tags and revisions', () => {
  test('lists are narrowed by tags in four ways', async () => {
    const [red, both] = [await at.make('networks', { network: { name: 'red' } }), await at.make('networks', { network: { name: 'both' } })]
    await at.make('networks', { network: { name: 'none' } })
    expect((await ask(`PUT /v2.0/networks/${red.id}/tags`, { body: { tags: ['red'] } })).body).toEqual({ tags: ['red'] })
    await ask(`PUT /v2.0/networks/${both.id}/tags/red`)
    expect((await ask(`PUT /v2.0/networks/${both.id}/tags/blue`)).status).toBe(201)
    const names = async (query: string) =>
      (await ask(`GET /v2.0/networks?${query}`)).body.networks.map((one: { name: string }) => one.name).sort()
    expect(await names('tags=red,blue')).toEqual(['both'])
    expect(await names('tags-any=red,blue')).toEqual(['both', 'red'])
    expect(await names('not-tags=red,blue')).toEqual(['none', 'red'])
    expect(await names('not-tags-any=red,blue')).toEqual(['none'])
    expect((await ask(`GET /v2.0/networks/${both.id}/tags/green`)).status).toBe(404)
    expect((await ask(`DELETE /v2.0/networks/${both.id}/tags/red`)).status).toBe(204)
    expect((await ask(`GET /v2.0/networks/${both.id}/tags`)).body).toEqual({ tags: ['blue'] })
  })

  test('a change that insists on a revision is made of that one only', async () => {
    const { id, revision_number } = await at.make('networks', { network: {} })
    const change = (revision: number) =>
      ask(`PUT /v2.0/networks/${id}`, { body: { network: { name: 'x' } }, headers: { 'if-match': `revision_number=${revision}` } })
    const { status, body } = await change(revision_number)
    expect([status, body.network.revision_number]).toEqual([200, revision_number + 1])
    expect((await change(revision_number)).body.NeutronError.type).toBe('RevisionNumberConstraintFailed')
  })
})

test('every write is in the change log with its project', async () => {
  const { id } = await at.make('networks', { network: {} })
  await ask(`DELETE /v2.0/networks/${id}`)
  const changes = await at.db.changes.read(0, { kinds: ['network.network'] })
  expect(changes.map(({ act, projectId }) => [act, projectId])).toEqual([
    ['created', 'p-demo'],
    ['deleted', 'p-demo'],
  ])
})
