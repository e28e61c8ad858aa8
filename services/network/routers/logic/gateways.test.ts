import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../../kit.ts'

let at: Bench
let first: string
let second: string
let router: string
beforeEach(async () => {
  at = await bench()
  first = await outside('172.24.4.0/24')
  second = await outside('172.24.5.0/24')
  router = (await at.make('routers', { router: { name: 'r' } })).id
})
afterEach(() => at.close())

const outside = async (cidr: string) => {
  const { id } = await at.make('networks', { network: { 'router:external': true } }, 'admin')
  await at.make('subnets', { subnet: { network_id: id, ip_version: 4, cidr, enable_dhcp: false } }, 'admin')
  return id as string
}

type Act = 'add' | 'update' | 'remove'
const gateways = (act: Act, external_gateways: unknown, as = 'admin') =>
  at.ask(`PUT /v2.0/routers/${router}/${act}_external_gateways`, { as, body: { router: { external_gateways } } })
const change = (fields: object) => at.ask(`PUT /v2.0/routers/${router}`, { as: 'admin', body: { router: fields } })
const show = async () => (await at.ask(`GET /v2.0/routers/${router}`, { as: 'admin' })).body.router

type Wire = { network_id: string; external_fixed_ips: { ip_address: string }[] }
const said = ({ network_id, external_fixed_ips }: Wire) => [network_id, ...external_fixed_ips.map(ip => ip.ip_address)]
const listed = async () => ((await show()).external_gateways as Wire[]).map(said)
const portsOf = async () =>
  (await at.ask(`GET /v2.0/ports?device_id=${router}&device_owner=network:router_gateway`, { as: 'admin' })).body.ports as { id: string }[]
const refusal = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError.type]
const on = (network_id: string, ip_address?: string) => ({ network_id, ...(ip_address && { external_fixed_ips: [{ ip_address }] }) })

/** A port behind the router with floating addresses on both networks outside. */
async function behind() {
  const { id: network_id } = await at.make('networks', { network: {} })
  const { id: subnet_id } = await at.make('subnets', { subnet: { network_id, ip_version: 4, cidr: '10.0.0.0/24' } })
  await at.ask(`PUT /v2.0/routers/${router}/add_router_interface`, { body: { subnet_id } })
  const port = await at.make('ports', { port: { network_id, device_owner: 'compute:nova', device_id: 'vm' } })
  return { port_id: port.id as string, subnet_id: subnet_id as string }
}

describe('gateways of one router', () => {
  test('are none, as long as nobody gave it any', async () => {
    expect(await show()).toMatchObject({ external_gateway_info: null, external_gateways: [] })
  })

  test('are added on several networks, each with a port of nobody’s', async () => {
    const { status, body } = await gateways('add', [on(first), on(second)], 'member')
    expect(status).toBe(200)
    const [one, two] = body.router.external_gateways
    expect(body.router.external_gateway_info).toEqual(one)
    expect([said(one), said(two)]).toEqual([
      [first, '172.24.4.2'],
      [second, '172.24.5.2'],
    ])
    expect(two).toMatchObject({ enable_snat: true, qos_policy_id: null, external_fixed_ips: [{ subnet_id: expect.any(String) }] })
    expect(body.router).toMatchObject({ id: router, name: 'r', revision_number: expect.any(Number) })
    expect(body.router.distributed).toBeUndefined()
    expect(await portsOf()).toMatchObject([
      { project_id: '', name: '', status: 'DOWN' },
      { project_id: '', name: '' },
    ])
  })

  test('are more on one network, each with its own addresses', async () => {
    await gateways('add', [on(first), on(first)])
    await gateways('add', [on(first, '172.24.4.77')])
    expect(await listed()).toEqual([
      [first, '172.24.4.2'],
      [first, '172.24.4.3'],
      [first, '172.24.4.77'],
    ])
  })

  test('mirror what is said of the first the old way', async () => {
    await change({ external_gateway_info: on(first) })
    await gateways('add', [on(second)])
    await change({ external_gateway_info: { ...on(first, '172.24.4.9'), enable_snat: false } })
    expect(await show()).toMatchObject({
      external_gateway_info: { network_id: first, enable_snat: false, external_fixed_ips: [{ ip_address: '172.24.4.9' }] },
      external_gateways: [{ network_id: first, enable_snat: false }, { network_id: second }],
    })
  })

  test('move up when the first is taken away the old way', async () => {
    await gateways('add', [on(first), on(second)])
    const kept = (await portsOf()).length
    expect((await change({ external_gateway_info: {} })).body.router).toMatchObject({
      external_gateway_info: { network_id: second },
      external_gateways: [{ network_id: second, external_fixed_ips: [{ ip_address: '172.24.5.2' }] }],
    })
    expect((await portsOf()).length).toBe(kept - 1)
  })

  test('are taken away by their network, or by their addresses where that has several', async () => {
    await gateways('add', [on(first), on(second), on(second, '172.24.5.50')])
    const both = await gateways('remove', [on(second)])
    expect(refusal(both)).toEqual([400, 'UnableToMatchGateways'])
    expect(both.body.NeutronError.message).toContain(
      `Unable to match a requested gateway port to existing gateway ports for router ${router}: multiple gateway ports are attached`,
    )
    expect(refusal(await gateways('remove', [on(second, '172.24.5.51')]))).toEqual([400, 'UnableToMatchGateways'])
    await gateways('remove', [on(first), on(second, '172.24.5.50')])
    expect(await listed()).toEqual([[second, '172.24.5.2']])
    expect(refusal(await gateways('remove', [on(first)]))).toEqual([400, 'UnableToMatchGateways'])
    expect((await gateways('remove', [on(second)], 'member')).body.router).toMatchObject({
      external_gateway_info: null,
      external_gateways: [],
    })
    expect(refusal(await gateways('remove', [on(second)]))).toEqual([400, 'UnableToRemoveGateways'])
    expect(await portsOf()).toEqual([])
  })

  test('are said anew: those named stay, others go, new ones come, the first named is the first', async () => {
    await gateways('add', [on(first), on(second), on(second, '172.24.5.50')])
    const before = new Set((await portsOf()).map(({ id }) => id))
    const wish = [
      { network_id: second, external_fixed_ips: [{ ip_address: '172.24.5.50' }, { ip_address: '172.24.5.51' }], enable_snat: false },
      on(first),
      on(first, '172.24.4.60'),
    ]
    expect((await gateways('update', wish)).status).toBe(200)
    expect(await listed()).toEqual([
      [second, '172.24.5.50', '172.24.5.51'],
      [first, '172.24.4.2'],
      [first, '172.24.4.60'],
    ])
    expect((await show()).external_gateway_info.enable_snat).toBe(false)
    expect((await portsOf()).filter(({ id }) => before.has(id))).toHaveLength(2)
  })

  test('keep the first behind a new one, also while a floating address needs it', async () => {
    await gateways('add', [on(first)])
    await at.make('floatingips', { floatingip: { floating_network_id: first, port_id: (await behind()).port_id } })
    const [port] = await portsOf()
    expect(refusal(await gateways('update', [on(second)]))).toEqual([409, 'RouterExternalGatewayInUseByFloatingIp'])
    expect((await gateways('update', [on(second), on(first)], 'member')).status).toBe(200)
    expect(await listed()).toEqual([
      [second, '172.24.5.2'],
      [first, '172.24.4.2'],
    ])
    expect((await portsOf()).map(({ id }) => id)).toContain(port?.id)
  })

  test('are all taken away by saying that there are none', async () => {
    await gateways('add', [on(first), on(second)])
    expect((await gateways('update', [], 'member')).body.router.external_gateways).toEqual([])
    expect(await portsOf()).toEqual([])
  })

  test('are as they were when nothing is said of them', async () => {
    await gateways('add', [on(first), on(second)])
    const { body, status } = await at.ask(`PUT /v2.0/routers/${router}/update_external_gateways`, { as: 'admin', body: { router: {} } })
    expect([status, body.router.external_gateways.length]).toEqual([200, 2])
    expect((await at.ask(`PUT /v2.0/routers/${router}/update_external_gateways`, { as: 'admin', body: {} })).status).toBe(400)
  })

  test('are written by their three acts alone', async () => {
    expect((await change({ external_gateways: [on(first)] })).body.NeutronError.message).toContain('read-only attribute external_gateways')
    const made = await at.ask('POST /v2.0/routers', { as: 'admin', body: { router: { external_gateways: [on(first)] } } })
    expect([made.status, made.body.NeutronError.message]).toEqual([400, "Attribute 'external_gateways' not allowed in POST"])
  })

  test.each([
    [[{}], "Expected keys: {'network_id'}"],
    [['x'], 'is not a dictionary'],
    ['x', 'is not a list'],
    [[{ network_id: 'x' }], "'x' is not a valid UUID"],
    [[{ network_id: '00000000-0000-4000-8000-000000000000', colour: 'red' }], 'Unexpected keys supplied: colour'],
  ])('of %j are refused', async (wish, message) => {
    for (const act of ['add', 'update', 'remove'] as const) {
      const { status, body } = await gateways(act, wish)
      expect([status, body.NeutronError.message]).toEqual([400, expect.stringContaining(message)])
    }
  })

  test('lie on external networks that are there', async () => {
    const { id } = await at.make('networks', { network: {} })
    expect((await gateways('add', [on(first), on(id)])).body.NeutronError.message).toBe(
      `Bad router request: Network ${id} is not an external network.`,
    )
    expect(await listed()).toEqual([])
    expect(refusal(await gateways('add', [on('00000000-0000-4000-8000-000000000000')]))).toEqual([404, 'NetworkNotFound'])
    expect((await gateways('add', [on(first, '172.24.4.1')])).body.NeutronError.message).toContain(
      'External IP 172.24.4.1 is the same as the gateway IP',
    )
  })

  test('lie apart from each other and from what is inside', async () => {
    const twin = await outside('172.24.4.128/25')
    await gateways('add', [on(first)])
    expect((await gateways('add', [on(twin)])).body.NeutronError.message).toContain('overlaps with cidr 172.24.4.0/24')
    const { subnet_id } = await behind()
    const near = await outside('10.0.0.0/16')
    expect((await gateways('add', [on(near)])).body.NeutronError.message).toContain(`overlaps with cidr 10.0.0.0/24 of subnet ${subnet_id}`)
    const { id } = await at.make('networks', { network: {} })
    const inside = await at.make('subnets', { subnet: { network_id: id, ip_version: 4, cidr: '172.24.4.0/28' } })
    const leg = await at.ask(`PUT /v2.0/routers/${router}/add_router_interface`, { body: { subnet_id: inside.id } })
    expect(leg.body.NeutronError.message).toContain('overlaps with cidr 172.24.4.0/24')
  })

  test('serve floating addresses of their networks, and stay as long as those need them', async () => {
    await gateways('add', [on(first), on(second), on(second)])
    const { port_id } = await behind()
    for (const floating_network_id of [first, second])
      expect(await at.make('floatingips', { floatingip: { floating_network_id, port_id } })).toMatchObject({ router_id: router })
    expect(refusal(await gateways('remove', [on(first)]))).toEqual([409, 'RouterExternalGatewayInUseByFloatingIp'])
    expect(refusal(await change({ external_gateway_info: {} }))).toEqual([409, 'RouterExternalGatewayInUseByFloatingIp'])
    expect((await gateways('remove', [on(second, '172.24.5.2')])).status).toBe(200)
    expect(refusal(await gateways('remove', [on(second)]))).toEqual([409, 'RouterExternalGatewayInUseByFloatingIp'])
    expect(refusal(await gateways('update', []))).toEqual([409, 'RouterExternalGatewayInUseByFloatingIp'])
    expect(await listed()).toHaveLength(2)
  })

  test('may be the way of extra routes, which hold them', async () => {
    await gateways('add', [on(first), on(second)])
    const routes = [{ destination: '203.0.113.0/24', nexthop: '172.24.5.99' }]
    expect((await change({ routes })).body.router.routes).toEqual(routes)
    expect(refusal(await gateways('remove', [on(second)]))).toEqual([400, 'InvalidRoutes'])
    expect((await gateways('remove', [on(first)])).status).toBe(200)
    expect(refusal(await change({ external_gateway_info: null }))).toEqual([400, 'InvalidRoutes'])
  })

  test('hold their networks and their policies, and go with their router', async () => {
    const policy = (await at.make('qos/policies', { policy: { name: 'slow' } }, 'admin')).id
    await gateways('add', [on(first), { ...on(second), qos_policy_id: policy }])
    expect((await show()).external_gateways[1].qos_policy_id).toBe(policy)
    expect(refusal(await at.ask(`DELETE /v2.0/networks/${second}`, { as: 'admin' }))).toEqual([409, 'NetworkInUse'])
    const subnet = (await at.ask(`GET /v2.0/subnets?network_id=${second}`, { as: 'admin' })).body.subnets[0].id
    expect(refusal(await at.ask(`DELETE /v2.0/subnets/${subnet}`, { as: 'admin' }))).toEqual([409, 'SubnetInUse'])
    for (const { id } of await portsOf())
      expect(refusal(await at.ask(`DELETE /v2.0/ports/${id}`, { as: 'admin' }))).toEqual([409, 'ServicePortInUse'])
    const used = await at.ask(`DELETE /v2.0/qos/policies/${policy}`, { as: 'admin' })
    expect([used.status, used.body.NeutronError.message]).toEqual([409, expect.stringContaining(`router ${router}`)])
    const unknown = { ...on(first), qos_policy_id: '00000000-0000-4000-8000-000000000000' }
    expect(refusal(await gateways('add', [unknown]))).toEqual([404, 'QosPolicyNotFound'])
    expect((await at.ask(`DELETE /v2.0/routers/${router}`)).status).toBe(204)
    expect(await portsOf()).toEqual([])
    expect((await at.ask(`DELETE /v2.0/networks/${second}`, { as: 'admin' })).status).toBe(204)
    expect((await at.ask(`DELETE /v2.0/qos/policies/${policy}`, { as: 'admin' })).status).toBe(204)
  })
})

describe('who may', () => {
  test('a member names networks; addresses and translation are for administrators', async () => {
    expect((await gateways('add', [on(first, '172.24.4.9')], 'member')).status).toBe(403)
    expect((await gateways('add', [{ ...on(first), enable_snat: false }], 'member')).status).toBe(403)
    expect((await gateways('add', [on(first), on(second)], 'member')).status).toBe(200)
    expect((await gateways('update', [{ ...on(second), enable_snat: false }], 'member')).status).toBe(403)
    expect((await gateways('remove', [on(second, '172.24.5.2')], 'member')).status).toBe(200)
    expect((await gateways('add', [on(second)], 'reader')).status).toBe(403)
  })

  test('another project sees neither the router nor its gateways', async () => {
    for (const act of ['add', 'update', 'remove'] as const) expect((await gateways(act, [on(first)], 'other')).status).toBe(404)
  })

  test('a network that is external for others alone is not there', async () => {
    const { id } = await at.make('networks', { network: {} }, 'admin')
    const rbac = { object_type: 'network', object_id: id, action: 'access_as_external' }
    const policy = await at.make('rbac-policies', { rbac_policy: { ...rbac, target_tenant: 'p-other' } }, 'admin')
    expect(refusal(await gateways('add', [on(first), on(id)], 'member'))).toEqual([404, 'NetworkNotFound'])
    await at.make('rbac-policies', { rbac_policy: { ...rbac, target_tenant: 'p-demo' } }, 'admin')
    expect((await gateways('add', [on(first), on(id)], 'member')).status).toBe(200)
    expect((await at.ask(`DELETE /v2.0/rbac-policies/${policy.id}`, { as: 'admin' })).status).toBe(204)
    const [mine] = (await at.ask(`GET /v2.0/rbac-policies?object_id=${id}&target_tenant=p-demo`, { as: 'admin' })).body.rbac_policies
    expect(refusal(await at.ask(`DELETE /v2.0/rbac-policies/${mine.id}`, { as: 'admin' }))).toEqual([409, 'RbacPolicyInUse'])
  })
})
