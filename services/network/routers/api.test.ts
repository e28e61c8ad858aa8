import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let external: string
let network: string
let subnet: string
let router: string
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  external = (await at.make('networks', { network: { name: 'ext', 'router:external': true } }, 'admin')).id
  await at.make('subnets', { subnet: { network_id: external, ip_version: 4, cidr: '172.24.4.0/24', enable_dhcp: false } }, 'admin')
  network = (await at.make('networks', { network: {} })).id
  subnet = (await at.make('subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/24' } })).id
  router = (await at.make('routers', { router: { name: 'r' } })).id
})
afterEach(() => at.close())

const change = (fields: object, as = 'member') => ask(`PUT /v2.0/routers/${router}`, { as, body: { router: fields } })
const leg = (act: 'add' | 'remove', body: object, as = 'member') => ask(`PUT /v2.0/routers/${router}/${act}_router_interface`, { as, body })

describe('a router', () => {
  test('is made without legs or gateway', async () => {
    const { body } = await ask(`GET /v2.0/routers/${router}`)
    expect(body.router).toMatchObject({
      name: 'r',
      admin_state_up: true,
      status: 'ACTIVE',
      external_gateway_info: null,
      routes: [],
      tenant_id: 'p-demo',
    })
    expect(body.router.distributed).toBeUndefined()
  })

  test('gets a leg at the subnet’s gateway, and only one', async () => {
    const { status, body } = await leg('add', { subnet_id: subnet })
    expect([status, body]).toMatchObject([200, { id: router, subnet_id: subnet, subnet_ids: [subnet], network_id: network }])
    const port = (await ask(`GET /v2.0/ports/${body.port_id}`)).body.port
    expect(port).toMatchObject({ device_id: router, device_owner: 'network:router_interface', fixed_ips: [{ ip_address: '10.0.0.1' }] })
    expect((await leg('add', { subnet_id: subnet })).body.NeutronError.message).toBe(
      `Bad router request: Router already has a port on subnet ${subnet}.`,
    )
    expect((await ask(`DELETE /v2.0/ports/${body.port_id}`)).body.NeutronError.type).toBe('ServicePortInUse')
    expect((await ask(`DELETE /v2.0/routers/${router}`)).body.NeutronError.type).toBe('RouterInUse')
    expect((await leg('remove', { subnet_id: subnet })).status).toBe(200)
    expect((await ask(`DELETE /v2.0/routers/${router}`)).status).toBe(204)
  })

  test('takes over a port as its leg', async () => {
    const port = await at.make('ports', { port: { network_id: network } })
    expect((await leg('add', { port_id: port.id })).body.port_id).toBe(port.id)
    expect((await leg('remove', { port_id: port.id })).status).toBe(200)
    expect((await ask(`GET /v2.0/ports/${port.id}`)).status).toBe(404)
  })

  test('has legs on blocks that lie apart', async () => {
    await leg('add', { subnet_id: subnet })
    const other = (await at.make('networks', { network: {} })).id
    const overlapping = (await at.make('subnets', { subnet: { network_id: other, ip_version: 4, cidr: '10.0.0.0/25' } })).id
    expect((await leg('add', { subnet_id: overlapping })).body.NeutronError.message).toContain('overlaps with cidr')
  })

  test.each([
    [{}, 'Either subnet_id or port_id must be specified'],
    [{ subnet_id: '00000000-0000-4000-8000-000000000000', port_id: '00000000-0000-4000-8000-000000000000' }, 'Cannot specify both'],
  ])('a leg of %j is refused', async (body, message) => {
    expect((await leg('add', body)).body.NeutronError.message).toContain(message)
  })
})

describe('a gateway', () => {
  test('takes an address of the external network, which the router gives back', async () => {
    const { body } = await change({ external_gateway_info: { network_id: external } })
    expect(body.router.external_gateway_info).toMatchObject({
      network_id: external,
      enable_snat: true,
      external_fixed_ips: [{ ip_address: '172.24.4.2' }],
    })
    const ports = (await ask(`GET /v2.0/ports?device_id=${router}`, { as: 'admin' })).body.ports
    expect(ports.map((port: { device_owner: string; project_id: string }) => [port.device_owner, port.project_id])).toEqual([
      ['network:router_gateway', ''],
    ])
    expect((await change({ external_gateway_info: null })).body.router.external_gateway_info).toBeNull()
    expect((await ask(`GET /v2.0/ports?device_id=${router}`, { as: 'admin' })).body.ports).toEqual([])
  })

  test('is not on a network of one’s own', async () => {
    const { status, body } = await change({ external_gateway_info: { network_id: network } })
    expect([status, body.NeutronError.message]).toEqual([400, `Bad router request: Network ${network} is not an external network.`])
  })

  test('translates or not as an administrator says', async () => {
    const wish = { external_gateway_info: { network_id: external, enable_snat: false } }
    expect((await change(wish)).status).toBe(403)
    expect((await change(wish, 'admin')).body.router.external_gateway_info.enable_snat).toBe(false)
  })
})

describe('extra routes', () => {
  const routes = [{ destination: '10.9.0.0/16', nexthop: '10.0.0.9' }]
  test('lead to neighbours alone', async () => {
    expect((await change({ routes })).body.NeutronError.message).toContain('the nexthop is not connected with router')
    await leg('add', { subnet_id: subnet })
    expect((await change({ routes })).body.router.routes).toEqual(routes)
    expect((await leg('remove', { subnet_id: subnet })).body.NeutronError.type).toBe('RouterInterfaceInUseByRoute')
  })

  test('are added and taken off one by one', async () => {
    await leg('add', { subnet_id: subnet })
    const more = [{ destination: '10.8.0.0/16', nexthop: '10.0.0.8' }]
    await ask(`PUT /v2.0/routers/${router}/add_extraroutes`, { body: { router: { routes } } })
    const both = await ask(`PUT /v2.0/routers/${router}/add_extraroutes`, { body: { router: { routes: more } } })
    expect(both.body.router.routes).toEqual([...routes, ...more])
    const left = await ask(`PUT /v2.0/routers/${router}/remove_extraroutes`, { body: { router: { routes } } })
    expect(left.body.router.routes).toEqual(more)
  })
})

describe('a floating address', () => {
  let port: string
  const connect = async () => {
    await leg('add', { subnet_id: subnet })
    await change({ external_gateway_info: { network_id: external } })
    port = (await at.make('ports', { port: { network_id: network, device_owner: 'compute:nova', device_id: 'vm' } })).id
  }

  test('leads to a port through the router between', async () => {
    await connect()
    const floating = await at.make('floatingips', { floatingip: { floating_network_id: external, port_id: port } })
    expect(floating).toMatchObject({
      floating_ip_address: '172.24.4.3',
      fixed_ip_address: '10.0.0.2',
      port_id: port,
      router_id: router,
      status: 'DOWN',
      port_details: { device_id: 'vm', network_id: network },
    })
    expect((await leg('remove', { subnet_id: subnet })).body.NeutronError.type).toBe('RouterInterfaceInUseByFloatingIP')
    expect((await change({ external_gateway_info: null })).body.NeutronError.type).toBe('RouterExternalGatewayInUseByFloatingIp')
    await ask(`DELETE /v2.0/ports/${port}`)
    expect((await ask(`GET /v2.0/floatingips/${floating.id}`)).body.floatingip).toMatchObject({ port_id: null, router_id: null })
    expect((await ask(`DELETE /v2.0/floatingips/${floating.id}`)).status).toBe(204)
  })

  test('is one of an address inside', async () => {
    await connect()
    await at.make('floatingips', { floatingip: { floating_network_id: external, port_id: port } })
    const second = await ask('POST /v2.0/floatingips', { body: { floatingip: { floating_network_id: external, port_id: port } } })
    expect([second.status, second.body.NeutronError.type]).toEqual([409, 'FloatingIPPortAlreadyAssociated'])
  })

  test('leads nowhere without a router', async () => {
    const lonely = await at.make('ports', { port: { network_id: network } })
    const { status, body } = await ask('POST /v2.0/floatingips', {
      body: { floatingip: { floating_network_id: external, port_id: lonely.id } },
    })
    expect([status, body.NeutronError.type]).toEqual([404, 'ExternalGatewayForFloatingIPNotFound'])
  })

  test('is let go and led elsewhere', async () => {
    await connect()
    const { id } = await at.make('floatingips', { floatingip: { floating_network_id: external } })
    const update = (floatingip: object) => ask(`PUT /v2.0/floatingips/${id}`, { body: { floatingip } })
    expect((await update({ port_id: port })).body.floatingip.fixed_ip_address).toBe('10.0.0.2')
    expect((await update({ port_id: null })).body.floatingip).toMatchObject({ port_id: null, fixed_ip_address: null, router_id: null })
  })

  test('forwards single ports inside', async () => {
    await connect()
    const { id } = await at.make('floatingips', { floatingip: { floating_network_id: external } })
    const wish = { internal_port_id: port, internal_ip_address: '10.0.0.2', internal_port: 22, external_port: 2222, protocol: 'tcp' }
    const forwarding = await at.make(`floatingips/${id}/port_forwardings`, { port_forwarding: wish })
    expect(forwarding).toMatchObject(wish)
    const shown = (await ask(`GET /v2.0/floatingips/${id}`)).body.floatingip
    expect(shown).toMatchObject({ router_id: router, port_forwardings: [{ id: forwarding.id, ...wish }], qos_network_policy_id: null })
    expect((await ask(`POST /v2.0/floatingips/${id}/port_forwardings`, { body: { port_forwarding: wish } })).status).toBe(400)
    expect((await ask(`GET /v2.0/floatingips/${id}/port_forwardings`, { as: 'other' })).status).toBe(404)
    expect((await ask(`DELETE /v2.0/floatingips/${id}`)).body.NeutronError.type).toBe('FipInUseByPortForwarding')
    expect((await ask(`DELETE /v2.0/floatingips/${id}/port_forwardings/${forwarding.id}`)).status).toBe(204)
  })
})
