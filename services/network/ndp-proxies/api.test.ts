import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let external: string
let router: string
let subnet: string
let port: { id: string; fixed_ips: readonly { ip_address: string }[] }
const six = { ip_version: 6, enable_dhcp: false }

/** Two networks whose IPv6 addresses are of one scope. */
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  const scope = await at.make('address-scopes', { address_scope: { name: 's', ip_version: 6, shared: true } }, 'admin')
  const subnetpool = { name: 'p', prefixes: ['2001:db8::/32'], default_prefixlen: 64, address_scope_id: scope.id, shared: true }
  const pool = await at.make('subnetpools', { subnetpool }, 'admin')
  external = (await at.make('networks', { network: { 'router:external': true } }, 'admin')).id
  await at.make('subnets', { subnet: { network_id: external, subnetpool_id: pool.id, ...six } }, 'admin')
  const network = (await at.make('networks', { network: {} })).id
  subnet = (await at.make('subnets', { subnet: { network_id: network, subnetpool_id: pool.id, ...six } })).id
  router = (await at.make('routers', { router: { external_gateway_info: { network_id: external } } })).id
  await ask(`PUT /v2.0/routers/${router}/add_router_interface`, { body: { subnet_id: subnet } })
  port = await at.make('ports', { port: { network_id: network } })
})
afterEach(() => at.close())

const change = (fields: object) => ask(`PUT /v2.0/routers/${router}`, { body: { router: fields } })
const create = (more: object = {}) =>
  ask('POST /v2.0/ndp_proxies', { body: { ndp_proxy: { router_id: router, port_id: port.id, ...more } } })
const refusal = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError.type]

describe('an NDP proxy', () => {
  test('needs a router that was told to answer', async () => {
    expect(refusal(await create())).toEqual([409, 'RouterNDPProxyNotEnable'])
    expect((await change({ enable_ndp_proxy: true })).body.router.enable_ndp_proxy).toBe(true)
    const { status, body } = await create({ name: 'web' })
    expect(status).toBe(201)
    expect(body.ndp_proxy).toMatchObject({ name: 'web', router_id: router, port_id: port.id, ip_address: port.fixed_ips[0]?.ip_address })
    expect((await ask('GET /v2.0/ndp_proxies')).body.ndp_proxies).toHaveLength(1)
  })

  test('is renamed, but for one address always', async () => {
    await change({ enable_ndp_proxy: true })
    const { id } = (await create()).body.ndp_proxy
    const renamed = await ask(`PUT /v2.0/ndp_proxies/${id}`, { body: { ndp_proxy: { name: 'n' } } })
    expect(renamed.body.ndp_proxy).toMatchObject({ name: 'n', revision_number: 1 })
    expect((await ask(`PUT /v2.0/ndp_proxies/${id}`, { body: { ndp_proxy: { port_id: port.id } } })).status).toBe(400)
  })

  test('holds its router’s gateway and leg', async () => {
    await change({ enable_ndp_proxy: true })
    const { id } = (await create()).body.ndp_proxy
    expect(refusal(await change({ external_gateway_info: null }))).toEqual([409, 'RouterGatewayInUseByNDPProxy'])
    const leg = await ask(`PUT /v2.0/routers/${router}/remove_router_interface`, { body: { subnet_id: subnet } })
    expect(refusal(leg)).toEqual([409, 'RouterInterfaceInUseByNDPProxy'])
    expect((await ask(`DELETE /v2.0/ndp_proxies/${id}`)).status).toBe(204)
    expect((await change({ external_gateway_info: null })).body.router).toMatchObject({ enable_ndp_proxy: false })
  })

  test('goes with its port', async () => {
    await change({ enable_ndp_proxy: true })
    await create()
    await ask(`DELETE /v2.0/ports/${port.id}`)
    expect((await ask('GET /v2.0/ndp_proxies')).body.ndp_proxies).toEqual([])
  })

  test('is refused for what the router does not reach', async () => {
    await change({ enable_ndp_proxy: true })
    expect(refusal(await create({ ip_address: '2001:db8::99' }))).toEqual([400, 'InvalidAddress'])
    const far = (await at.make('networks', { network: {} })).id
    const lonely = await at.make('ports', { port: { network_id: far } })
    expect(refusal(await create({ port_id: lonely.id }))).toEqual([409, 'PortUnreachableRouter'])
  })

  test('is refused to routers without a way out by IPv6', async () => {
    const four = (await at.make('networks', { network: { 'router:external': true } }, 'admin')).id
    await at.make('subnets', { subnet: { network_id: four, ip_version: 4, cidr: '172.24.4.0/24' } }, 'admin')
    const wish = { enable_ndp_proxy: true, external_gateway_info: { network_id: four } }
    expect(refusal(await ask('POST /v2.0/routers', { body: { router: wish } }))).toEqual([409, 'RouterGatewayNotValid'])
    expect(refusal(await ask('POST /v2.0/routers', { body: { router: { enable_ndp_proxy: true } } }))).toEqual([
      409,
      'RouterGatewayNotValid',
    ])
  })

  test('is its project’s alone', async () => {
    await change({ enable_ndp_proxy: true })
    const { id } = (await create()).body.ndp_proxy
    expect((await ask(`GET /v2.0/ndp_proxies/${id}`, { as: 'other' })).status).toBe(404)
  })
})
