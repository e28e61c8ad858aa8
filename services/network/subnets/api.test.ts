import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let network: string
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  network = (await at.make('networks', { network: {} })).id
})
afterEach(() => at.close())

const create = (subnet: object) => ask('POST /v2.0/subnets', { body: { subnet: { network_id: network, ip_version: 4, ...subnet } } })

describe('creating a subnet', () => {
  test('gives it the first host as gateway and all others as pool', async () => {
    const { status, body } = await create({ cidr: '10.0.0.7/24' })
    expect(status).toBe(201)
    expect(body.subnet).toMatchObject({
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.0.1',
      allocation_pools: [{ start: '10.0.0.2', end: '10.0.0.254' }],
      enable_dhcp: true,
      dns_nameservers: [],
      host_routes: [],
      ipv6_ra_mode: null,
      subnetpool_id: null,
      project_id: 'p-demo',
    })
    expect((await ask(`GET /v2.0/networks/${network}`)).body.network.subnets).toEqual([body.subnet.id])
  })

  test('without a gateway leaves the first host to guests', async () => {
    const { body } = await create({ cidr: '10.0.0.0/29', gateway_ip: null })
    expect([body.subnet.gateway_ip, body.subnet.allocation_pools]).toEqual([null, [{ start: '10.0.0.1', end: '10.0.0.6' }]])
  })

  test('a gateway in the middle parts the pool', async () => {
    const { body } = await create({ cidr: '10.0.0.0/24', gateway_ip: '10.0.0.100' })
    expect(body.subnet.allocation_pools).toEqual([
      { start: '10.0.0.1', end: '10.0.0.99' },
      { start: '10.0.0.101', end: '10.0.0.254' },
    ])
  })

  test.each([
    [{}, 'Bad subnets request: a subnetpool must be specified in the absence of a cidr.'],
    [{ cidr: 'x' }, "Invalid input for cidr. Reason: 'x' is not a valid IP subnet."],
    [{ cidr: '2001:db8::/64' }, "Invalid input for operation: cidr '2001:db8::/64' does not match the ip_version '4'."],
    [{ cidr: '10.0.0.0/31' }, 'Invalid input for operation: Subnet has a prefix length that is incompatible with DHCP service enabled.'],
    [{ cidr: '10.0.0.0/24', gateway_ip: '10.0.0.255' }, 'Invalid input for operation: Gateway is not valid on subnet.'],
    [{ cidr: '10.0.0.0/24', ipv6_ra_mode: 'slaac' }, 'Invalid input for operation: ipv6_ra_mode is not valid when ip_version is 4.'],
    [{ cidr: '10.0.0.0/24', ip_version: 5 }, 'Invalid input for ip_version. Reason: 5 is not in [4, 6].'],
    [
      { cidr: '10.0.0.0/24', allocation_pools: [{ start: '10.0.0.9', end: '10.0.1.9' }] },
      'The allocation pool 10.0.0.9-10.0.1.9 spans beyond the subnet cidr 10.0.0.0/24.',
    ],
    [
      { cidr: '10.0.0.0/24', dns_nameservers: ['x'] },
      "Invalid input for dns_nameservers. Reason: 'x' is not a valid nameserver. 'x' is not a valid IP address.",
    ],
  ])('%j is refused', async (subnet, message) => {
    const { status, body } = await create(subnet)
    expect([status, body.NeutronError.message]).toEqual([400, message])
  })

  test('over another one of its network is refused', async () => {
    await create({ cidr: '10.0.0.0/16' })
    const { status, body } = await create({ cidr: '10.0.5.0/24' })
    expect([status, body.NeutronError.message]).toEqual([
      400,
      `Invalid input for operation: Requested subnet with cidr: 10.0.5.0/24 for network: ${network} overlaps with another subnet.`,
    ])
  })

  test('pools that overlap each other or the gateway are conflicts', async () => {
    const pools = (...spans: readonly [string, string][]) => ({
      cidr: '10.0.0.0/24',
      allocation_pools: spans.map(([start, end]) => ({ start, end })),
    })
    expect((await create(pools(['10.0.0.2', '10.0.0.9'], ['10.0.0.9', '10.0.0.12']))).body.NeutronError.type).toBe(
      'OverlappingAllocationPools',
    )
    expect((await create(pools(['10.0.0.1', '10.0.0.9']))).body.NeutronError.type).toBe('GatewayConflictWithAllocationPools')
  })
})

describe('a subnet that exists', () => {
  test('gets another pool; what is taken already stays taken', async () => {
    const { subnet } = (await create({ cidr: '192.168.56.0/24', allocation_pools: [{ start: '192.168.56.100', end: '192.168.56.200' }] }))
      .body
    await at.make('ports', { port: { network_id: network } })
    const pools = [
      { start: '192.168.56.50', end: '192.168.56.99' },
      { start: '192.168.56.100', end: '192.168.56.200' },
    ]
    const { body } = await ask(`PUT /v2.0/subnets/${subnet.id}`, { body: { subnet: { allocation_pools: pools } } })
    expect(body.subnet.allocation_pools).toEqual(pools)
    const rows = await at.db.read.selectFrom('ipallocationpools').select(['first_ip', 'last_ip', 'subnet_id']).orderBy('first_ip').execute()
    expect(rows.map(row => row['last_ip']).sort()).toEqual(['192.168.56.200', '192.168.56.99'])
    expect((await at.make('ports', { port: { network_id: network } })).fixed_ips[0].ip_address).toBe('192.168.56.50')
    const taken = await at.db.read.selectFrom('ipallocations').selectAll().execute()
    expect(taken.map(row => row['ip_address']).sort()).toEqual(['192.168.56.100', '192.168.56.50'])
  })

  test('changes its names, servers and routes, but never its block', async () => {
    const { subnet } = (await create({ cidr: '10.0.0.0/24' })).body
    const change = { name: 'x', dns_nameservers: ['1.1.1.1'], host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.0.9' }] }
    expect((await ask(`PUT /v2.0/subnets/${subnet.id}`, { body: { subnet: change } })).body.subnet).toMatchObject(change)
    const { body } = await ask(`PUT /v2.0/subnets/${subnet.id}`, { body: { subnet: { cidr: '10.1.0.0/24' } } })
    expect(body.NeutronError.message).toBe('Cannot update read-only attribute cidr')
  })
})

describe('a pool of subnets', () => {
  const pool = (more: object = {}) =>
    at.make('subnetpools', { subnetpool: { name: 'p', prefixes: ['10.10.0.0/16'], default_prefixlen: 24, min_prefixlen: 20, ...more } })

  test('is shown with its lengths as texts', async () => {
    expect(await pool()).toMatchObject({
      prefixes: ['10.10.0.0/16'],
      default_prefixlen: '24',
      max_prefixlen: '32',
      ip_version: 4,
      shared: false,
    })
  })

  test('gives blocks of its usual length, of any other, or the one that is named, each once', async () => {
    const { id } = await pool()
    const cidr = async (more: object) => (await create({ subnetpool_id: id, ...more })).body.subnet?.cidr
    expect(await cidr({})).toBe('10.10.0.0/24')
    expect(await cidr({ prefixlen: 25 })).toBe('10.10.1.0/25')
    expect(await cidr({ cidr: '10.10.9.0/24' })).toBe('10.10.9.0/24')
    expect((await create({ subnetpool_id: id, cidr: '10.10.9.0/25' })).status).toBe(409)
    expect((await create({ subnetpool_id: id, prefixlen: 16 })).body.NeutronError.type).toBe('MinPrefixSubnetAllocationError')
    expect((await ask(`DELETE /v2.0/subnetpools/${id}`)).body.NeutronError.type).toBe('SubnetPoolDeleteError')
  })

  test('takes on prefixes and lets those go that nobody uses', async () => {
    const { id } = await pool()
    const added = await ask(`PUT /v2.0/subnetpools/${id}/add_prefixes`, { body: { prefixes: ['10.11.0.0/16'] } })
    expect(added.body).toEqual({ prefixes: ['10.10.0.0/15'] })
    await ask(`PUT /v2.0/subnetpools/${id}/add_prefixes`, { body: { prefixes: ['10.20.0.0/16'] } })
    const removed = await ask(`PUT /v2.0/subnetpools/${id}/remove_prefixes`, { body: { prefixes: ['10.10.0.0/15'] } })
    expect(removed.body).toEqual({ prefixes: ['10.20.0.0/16'] })
  })
})
