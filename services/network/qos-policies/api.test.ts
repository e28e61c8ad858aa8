import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const policy = (more: object = {}) => at.make('qos/policies', { policy: { name: 'gold', ...more } }, 'admin')

describe('a QoS policy', () => {
  test('shows its rules with their types', async () => {
    const { id } = await policy({ shared: true })
    await at.make(`qos/policies/${id}/bandwidth_limit_rules`, { bandwidth_limit_rule: { max_kbps: 1000 } }, 'admin')
    await at.make(`qos/policies/${id}/dscp_marking_rules`, { dscp_marking_rule: { dscp_mark: 26 } }, 'admin')
    const { body } = await ask(`GET /v2.0/qos/policies/${id}`)
    expect(body.policy.rules.map((rule: { type: string }) => rule.type).sort()).toEqual(['bandwidth_limit', 'dscp_marking'])
    expect((await ask(`GET /v2.0/qos/policies/${id}/bandwidth_limit_rules`)).body.bandwidth_limit_rules).toMatchObject([
      { max_kbps: 1000, max_burst_kbps: 0, direction: 'egress' },
    ])
  })

  test('has one rule of a type in a direction, and promises no more than it allows', async () => {
    const { id } = await policy()
    const rule = (type: string, fields: object) =>
      ask(`POST /v2.0/qos/policies/${id}/${type}_rules`, { as: 'admin', body: { [`${type}_rule`]: fields } })
    expect((await rule('bandwidth_limit', { max_kbps: 1000 })).status).toBe(201)
    expect((await rule('bandwidth_limit', { max_kbps: 5 })).body.NeutronError.type).toBe('QoSRulesConflict')
    expect((await rule('minimum_bandwidth', { min_kbps: 2000 })).body.NeutronError.type).toBe('QoSRuleParameterConflict')
    expect((await rule('dscp_marking', { dscp_mark: 3 })).status).toBe(400)
  })

  test('stays while something has it, and is found by nobody who may not see it', async () => {
    const { id } = await policy()
    const network = await at.make('networks', { network: { qos_policy_id: id } }, 'admin')
    expect((await ask(`DELETE /v2.0/qos/policies/${id}`, { as: 'admin' })).body.NeutronError.type).toBe('QosPolicyInUse')
    const foreign = await ask('POST /v2.0/networks', { body: { network: { qos_policy_id: id } } })
    expect(foreign.body.NeutronError.type).toBe('QosPolicyNotFound')
    await ask(`DELETE /v2.0/networks/${network.id}`, { as: 'admin' })
    expect((await ask(`DELETE /v2.0/qos/policies/${id}`, { as: 'admin' })).status).toBe(204)
  })

  test('is one of those its floating IP’s project may use, or the floating IP is refused', async () => {
    const outside = (await at.make('networks', { network: { 'router:external': true } }, 'admin')).id
    await at.make('subnets', { subnet: { network_id: outside, ip_version: 4, cidr: '172.24.4.0/24' } }, 'admin')
    const [open, closed] = [(await policy({ shared: true })).id, (await policy({ name: 'closed' })).id]
    const floating = (qos_policy_id: string) =>
      ask('POST /v2.0/floatingips', { body: { floatingip: { floating_network_id: outside, qos_policy_id } } })
    expect((await floating(closed)).body.NeutronError.type).toBe('QosPolicyNotFound')
    const { status, body } = await floating(open)
    expect([status, body.floatingip.qos_policy_id]).toEqual([201, open])
    const change = (qos_policy_id: string | null) =>
      ask(`PUT /v2.0/floatingips/${body.floatingip.id}`, { body: { floatingip: { qos_policy_id } } })
    expect((await change(closed)).status).toBe(404)
    expect((await change(null)).body.floatingip.qos_policy_id).toBeNull()
  })

  test('is the default of a project once, and made by administrators alone', async () => {
    await policy({ is_default: true })
    expect((await ask('POST /v2.0/qos/policies', { as: 'admin', body: { policy: { is_default: true } } })).status).toBe(409)
    expect((await ask('POST /v2.0/qos/policies', { body: { policy: {} } })).status).toBe(403)
  })

  test('lets its rules be found by their ids alone', async () => {
    const { id } = await policy()
    const rule = await at.make(`qos/policies/${id}/bandwidth_limit_rules`, { bandwidth_limit_rule: { max_kbps: 1000 } }, 'admin')
    const path = `/v2.0/qos/alias_bandwidth_limit_rules/${rule.id}`
    expect((await ask(`GET ${path}`, { as: 'admin' })).body.alias_bandwidth_limit_rule.max_kbps).toBe(1000)
    const changed = await ask(`PUT ${path}`, { as: 'admin', body: { alias_bandwidth_limit_rule: { max_kbps: 7 } } })
    expect(changed.body.alias_bandwidth_limit_rule.max_kbps).toBe(7)
    expect((await ask(`DELETE ${path}`, { as: 'admin' })).status).toBe(204)
  })
})

test('a metering label counts no traffic twice', async () => {
  const label = await at.make('metering/metering-labels', { metering_label: { name: 'web' } }, 'admin')
  const rule = (prefix: string) =>
    ask('POST /v2.0/metering/metering-label-rules', {
      as: 'admin',
      body: { metering_label_rule: { metering_label_id: label.id, direction: 'ingress', remote_ip_prefix: prefix } },
    })
  expect((await rule('10.0.0.0/16')).status).toBe(201)
  expect((await rule('10.0.5.0/24')).body.NeutronError.type).toBe('MeteringLabelRuleOverlaps')
  expect((await ask(`DELETE /v2.0/metering/metering-labels/${label.id}`, { as: 'admin' })).status).toBe(204)
  expect((await ask('GET /v2.0/metering/metering-label-rules', { as: 'admin' })).body.metering_label_rules).toEqual([])
})

test('a flavor is given profiles, which stay while it has them', async () => {
  const flavor = await at.make('flavors', { flavor: { name: 'fast', service_type: 'L3_ROUTER_NAT' } }, 'admin')
  const profile = await at.make('service_profiles', { service_profile: { metainfo: '{}' } }, 'admin')
  await ask(`POST /v2.0/flavors/${flavor.id}/service_profiles`, { as: 'admin', body: { service_profile: { id: profile.id } } })
  expect((await ask(`GET /v2.0/flavors/${flavor.id}`)).body.flavor.service_profiles).toEqual([profile.id])
  expect((await ask(`DELETE /v2.0/service_profiles/${profile.id}`, { as: 'admin' })).status).toBe(409)
  expect((await ask(`DELETE /v2.0/flavors/${flavor.id}/service_profiles/${profile.id}`, { as: 'admin' })).status).toBe(204)
})

describe('agents', () => {
  const beat = {
    host: 'node1',
    startedAt: '2026-01-01T00:00:00.000Z',
    configurations: { 'L3 agent': { agent_mode: 'legacy' }, 'DHCP agent': {}, 'Linux bridge agent': {} },
  }

  test('are there because they say so, and are given routers', async () => {
    await at.logics.agents.heard(beat, { requestId: 'req-test', why: 'test' })
    const { body } = await ask('GET /v2.0/agents', { as: 'admin' })
    expect(
      body.agents.map((agent: { binary: string; alive: boolean; host: string }) => [agent.binary, agent.alive, agent.host]).sort(),
    ).toEqual([
      ['neutron-dhcp-agent', true, 'node1'],
      ['neutron-l3-agent', true, 'node1'],
      ['neutron-linuxbridge-agent', true, 'node1'],
    ])
    expect((await ask('GET /v2.0/agents')).body.agents).toEqual([])
    const router = await at.make('routers', { router: {} })
    const serving = await ask(`GET /v2.0/routers/${router.id}/l3-agents`, { as: 'admin' })
    expect(serving.body.agents.map((agent: { agent_type: string }) => agent.agent_type)).toEqual(['L3 agent'])
    expect((await ask('GET /v2.0/availability_zones', { as: 'admin' })).body.availability_zones).toContainEqual({
      name: 'nova',
      resource: 'router',
      state: 'available',
    })
  })

  test('serve DHCP where somebody says so', async () => {
    await at.logics.agents.heard(beat, { requestId: 'req-test', why: 'test' })
    const network = await at.make('networks', { network: {} })
    const agent = (await ask('GET /v2.0/agents?binary=neutron-dhcp-agent', { as: 'admin' })).body.agents[0]
    const give = () => ask(`POST /v2.0/agents/${agent.id}/dhcp-networks`, { as: 'admin', body: { network_id: network.id } })
    expect((await give()).status).toBe(201)
    expect((await give()).body.NeutronError.type).toBe('NetworkHostedByDHCPAgent')
    expect((await ask(`GET /v2.0/agents/${agent.id}/dhcp-networks`, { as: 'admin' })).body.networks).toHaveLength(1)
    expect((await ask(`DELETE /v2.0/agents/${agent.id}/dhcp-networks/${network.id}`, { as: 'admin' })).status).toBe(204)
  })
})

test('a project without a network is given one, once there is a way out and a pool for all', async () => {
  const path = '/v2.0/auto-allocated-topology/p-demo'
  expect((await ask(`GET ${path}`)).status).toBe(409)
  const external = await at.make('networks', { network: { 'router:external': true, is_default: true } }, 'admin')
  await at.make('subnets', { subnet: { network_id: external.id, ip_version: 4, cidr: '172.24.4.0/24' } }, 'admin')
  const pool = { name: 'all', prefixes: ['10.50.0.0/16'], default_prefixlen: 26, is_default: true, shared: true }
  await at.make('subnetpools', { subnetpool: pool }, 'admin')
  const { body } = await ask(`GET ${path}`)
  expect((await ask(`GET ${path}`)).body).toEqual(body)
  expect((await ask(`GET /v2.0/networks/${body.auto_allocated_topology.id}`)).body.network.subnets).toHaveLength(1)
  expect((await ask('GET /v2.0/routers')).body.routers).toHaveLength(1)
  expect((await ask(`DELETE ${path}`)).status).toBe(204)
  expect((await ask('GET /v2.0/routers')).body.routers).toEqual([])
})

test('addresses are counted by network and subnet', async () => {
  const network = (await at.make('networks', { network: { name: 'n' } })).id
  await at.make('subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/24' } })
  await at.make('ports', { port: { network_id: network } })
  const { body } = await ask(`GET /v2.0/network-ip-availabilities/${network}`, { as: 'admin' })
  expect(body.network_ip_availability).toMatchObject({
    network_name: 'n',
    total_ips: 253,
    used_ips: 1,
    subnet_ip_availability: [{ used_ips: 1 }],
  })
  expect((await ask('GET /v2.0/network-ip-availabilities?ip_version=6', { as: 'admin' })).body.network_ip_availabilities[0].total_ips).toBe(
    0,
  )
})
