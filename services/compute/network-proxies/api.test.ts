import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HttpWish } from '@kilonova/platform/http/client.ts'
import { networkAsker } from '../clients/networks.ts'
import { aServer, type Bench, bench } from '../kit.ts'
import { networkProxyLogic } from './logic.ts'

const g1 = '11111111-1111-4111-8111-111111111111'
/** As much of a network service as is asked here. */
const groups = [
  {
    ...{ id: g1, name: 'default', description: 'mine', tenant_id: 'p-demo' },
    security_group_rules: [
      aRule({ id: 'r1', protocol: 'tcp', port_range_min: 22, port_range_max: 22, remote_ip_prefix: '10.0.0.0/8' }),
      aRule({ id: 'r2', protocol: 'udp', remote_group_id: g1 }),
      aRule({ id: 'r3', direction: 'egress' }),
      aRule({ id: 'r4', remote_group_id: 'of-others' }),
    ],
  },
]
function aRule(more: object) {
  const nothing = { protocol: null, port_range_min: null, port_range_max: null, remote_group_id: null, remote_ip_prefix: null }
  return { security_group_id: g1, direction: 'ingress', ...nothing, ...more }
}
const asked: HttpWish[] = []
const answers: Readonly<Record<string, unknown>> = {
  'GET /v2.0/security-groups?tenant_id=p-demo': { security_groups: groups },
  'GET /v2.0/security-groups?id=of-others': { security_groups: [] },
  'GET /v2.0/security-groups/11111111-1111-4111-8111-111111111111': { security_group: groups[0] },
  'POST /v2.0/security-group-rules': { security_group_rule: aRule({ id: 'new', protocol: 'tcp', port_range_min: 80, port_range_max: 80 }) },
  'GET /v2.0/networks': { networks: [{ id: 'n1', name: 'flat' }] },
  'GET /v2.0/networks?router:external=True': { networks: [{ id: 'n9', name: 'public' }] },
  'GET /v2.0/floatingips': {
    floatingips: [
      { id: 'f1', floating_ip_address: '172.24.4.5', fixed_ip_address: '10.0.0.9', floating_network_id: 'n9', port_id: 'port-1' },
    ],
  },
  'GET /v2.0/subnets?network_id=n1': { subnets: [{ id: 's1' }] },
  'GET /v2.0/subnets?network_id=n2': { subnets: [{ id: 's2' }] },
  [`GET /v2.0/ports?device_id=${aServer(1).id}&network_id=n2`]: { ports: [] },
  [`GET /v2.0/ports?device_id=${aServer(1).id}&network_id=n1`]: {
    ports: [{ id: 'port-1', fixed_ips: [{ subnet_id: 's1', ip_address: '10.0.0.9' }] }],
  },
  [`GET /v2.0/ports?device_id=${aServer(1).id}&fixed_ips=ip_address=10.0.0.9`]: {
    ports: [{ id: 'port-1', fixed_ips: [{ subnet_id: 's1', ip_address: '10.0.0.9' }] }],
  },
  [`GET /v2.0/ports?device_id=${aServer(1).id}&fixed_ips=ip_address=10.0.0.8`]: { ports: [] },
  'PUT /v2.0/ports/port-1': { port: {} },
  'GET /v2.0/ports?id=port-1': { ports: [{ id: 'port-1', device_id: 'a-server' }] },
}
const client = {
  async ask(wish: HttpWish) {
    asked.push(wish)
    const body = answers[`${wish.method} ${wish.path}`]
    const absent = { NeutronError: { type: 'NotFound', message: 'It could not be found.', detail: '' } }
    return { status: body === undefined ? 404 : 200, header: () => undefined, body: body ?? absent }
  },
}

let at: Bench
beforeEach(async () => {
  asked.length = 0
  at = await bench({}, logics => ({ ...logics, networkProxies: networkProxyLogic(networkAsker('http://network', client)) }))
})
afterEach(() => at.close())
const ask = (route: string, { as = 'member', body = undefined as unknown } = {}) => at.ask(route.replace(' ', ' /v2.1/'), { as, body })

test('networks are asked for with the caller’s own token, and only their names are told', async () => {
  const { networks } = (await ask('GET os-networks')).body
  expect(networks).toEqual([expect.objectContaining({ id: 'n1', label: 'flat', cidr: null })])
  expect(networks[0]).not.toHaveProperty('vlan')
  expect((await ask('GET os-networks', { as: 'admin' })).body.networks[0]).toHaveProperty('vlan', null)
  expect((await ask('GET os-tenant-networks')).body.networks).toEqual([{ id: 'n1', label: 'flat', cidr: 'None' }])
  expect(asked[0]?.headers).toEqual({ 'x-auth-token': 'member' })
  expect(await ask('GET os-networks/gone')).toMatchObject({ status: 404, body: { itemNotFound: { message: 'Network not found' } } })
})

test('a group shows what it lets in, with numbers for all ports and without groups that may not be seen', async () => {
  const [group] = (await ask('GET os-security-groups')).body.security_groups
  expect(group.rules).toEqual([
    { id: 'r1', parent_group_id: g1, ip_protocol: 'tcp', from_port: 22, to_port: 22, group: {}, ip_range: { cidr: '10.0.0.0/8' } },
    {
      id: 'r2',
      parent_group_id: g1,
      ip_protocol: 'udp',
      from_port: 1,
      to_port: 65_535,
      group: { name: 'default', tenant_id: 'p-demo' },
      ip_range: {},
    },
  ])
  expect((await ask('GET os-security-groups/99999999-1111-4111-8111-111111111111')).status).toBe(404)
})

test('a rule is looked at before the network service hears of it', async () => {
  const make = (more: object) =>
    ask('POST os-security-group-rules', { body: { security_group_rule: { parent_group_id: g1, ip_protocol: 'tcp', ...more } } })
  expect((await make({ from_port: 80, to_port: 80, cidr: '0.0.0.0/0' })).body.security_group_rule).toMatchObject({
    id: 'new',
    from_port: 80,
  })
  expect(asked.at(-1)?.body).toEqual({
    security_group_rule: {
      ...{ security_group_id: g1, direction: 'ingress', ethertype: 'IPv4', protocol: 'tcp' },
      ...{ port_range_min: 80, port_range_max: 80, remote_ip_prefix: '0.0.0.0/0' },
    },
  })
  expect((await make({ from_port: 90, to_port: 80 })).body.badRequest.message).toBe(
    'Invalid port range 90:80. Former value cannot be greater than the later',
  )
  expect((await make({ from_port: 1, to_port: 65_536 })).status).toBe(400)
  expect((await make({ ip_protocol: 'sctp', from_port: 1, to_port: 2 })).body.badRequest.message).toBe('Invalid IP protocol sctp.')
  expect((await make({ from_port: 'x', to_port: 2 })).status).toBe(400)
  expect((await make({})).body.badRequest.message).toBe('Not enough parameters to build a valid rule.')
  expect((await make({ parent_group_id: 'no-id', from_port: 1, to_port: 2 })).body.badRequest.message).toBe(
    'Security group id should be uuid',
  )
  expect((await make({ parent_group_id: g1.replaceAll('1', '9'), from_port: 1, to_port: 2 })).status).toBe(404)
})

test('a floating address shows its pool and its server', async () => {
  expect((await ask('GET os-floating-ip-pools')).body).toEqual({ floating_ip_pools: [{ name: 'public' }] })
  expect((await ask('GET os-floating-ips')).body.floating_ips).toEqual([
    { id: 'f1', ip: '172.24.4.5', pool: 'public', fixed_ip: '10.0.0.9', instance_id: 'a-server' },
  ])
  expect((await ask('DELETE os-floating-ips/gone')).body.itemNotFound.message).toBe('Floating IP not found for ID gone')
  expect((await ask('POST os-floating-ips', { body: { pool: 'nowhere' } })).status).toBe(404)
})

test('a server gets an address and loses one, until 2.43', async () => {
  await at.insert(aServer(1, { vmState: 'active', taskState: null, host: 'host1' }))
  const act = (body: object, as = 'member') => ask(`POST servers/${aServer(1).id}/action`, { body, as })
  expect((await act({ addFixedIp: { networkId: 'n1' } })).status).toBe(202)
  expect(asked.at(-1)?.body).toEqual({ port: { fixed_ips: [{ subnet_id: 's1', ip_address: '10.0.0.9' }, { subnet_id: 's1' }] } })
  expect((await act({ removeFixedIp: { address: '10.0.0.9' } })).status).toBe(202)
  expect(asked.at(-1)?.body).toEqual({ port: { fixed_ips: [] } })
  expect((await act({ removeFixedIp: { address: '10.0.0.8' } })).body.badRequest.message).toContain("does not have fixed IP '10.0.0.8'")
  expect((await act({ addFixedIp: { networkId: 'n2' } })).status).toBe(404)
  expect((await act({ addFixedIp: { networkId: 'n1' } }, 'other')).status).toBe(404)
  expect(
    (
      await at.ask(`POST /v2.1/servers/${aServer(1).id}/action`, {
        as: 'member',
        body: { addFixedIp: { networkId: 'n1' } },
        headers: { 'openstack-api-version': 'compute 2.44' },
      })
    ).status,
  ).toBe(404)
})
