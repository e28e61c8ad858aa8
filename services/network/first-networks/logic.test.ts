import { expect, onTestFinished, test } from 'vitest'
import { bench, cause } from '../kit.ts'
import { firstNetworkLogic } from './logic.ts'

const wish = {
  adminProject: 'p-admin',
  memberProject: 'p-demo',
  outside: {
    ...{ physicalNetwork: 'public', cidr: '172.24.4.0/24', gateway: '172.24.4.1' },
    pool: { start: '172.24.4.10', end: '172.24.4.254' },
  },
  inside: { cidr: '10.0.0.0/24', nameservers: ['192.0.2.53'] },
}

test('a new cloud has a network outside, one for servers, and a router between; asking again makes nothing more', async () => {
  const service = await bench()
  onTestFinished(() => service.close())
  const first = firstNetworkLogic(service.logics)
  await first.provide(wish, { cause })
  await first.provide(wish, { cause })
  const list = async (path: string, what: string) =>
    (await service.ask(`GET /v2.0/${path}?sort_key=name&sort_dir=asc`, { as: 'admin' })).body[what]
  expect(await list('networks', 'networks')).toMatchObject([
    { name: 'private', project_id: 'p-demo', 'router:external': false, shared: false },
    { name: 'public', 'router:external': true, is_default: true, 'provider:network_type': 'flat', 'provider:physical_network': 'public' },
  ])
  expect(await list('subnets', 'subnets')).toMatchObject([
    { name: 'private-subnet', cidr: '10.0.0.0/24', gateway_ip: '10.0.0.1', enable_dhcp: true, dns_nameservers: ['192.0.2.53'] },
    { name: 'public-subnet', gateway_ip: '172.24.4.1', enable_dhcp: false, allocation_pools: [wish.outside.pool] },
  ])
  const [router] = await list('routers', 'routers')
  expect(router).toMatchObject({ project_id: 'p-demo', external_gateway_info: { enable_snat: true } })
  const ports = await list('ports', 'ports')
  expect(ports.map((port: { device_owner: string }) => port.device_owner).sort()).toEqual([
    'network:router_gateway',
    'network:router_interface',
  ])
})
