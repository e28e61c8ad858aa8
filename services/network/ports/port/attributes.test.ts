import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../../kit.ts'

let at: Bench
let ask: Bench['ask']
let network: string
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  const provider = { 'provider:network_type': 'vlan', 'provider:physical_network': 'physnet1', shared: true }
  network = (await at.make('networks', { network: provider }, 'admin')).id
})
afterEach(() => at.close())

const make = (port: object = {}) => at.make('ports', { port: { network_id: network, ...port } }, 'admin')

describe('a port', () => {
  test('says whether it has its addresses', async () => {
    expect((await make()).ip_allocation).toBe('immediate')
    expect((await make({ fixed_ips: [] })).ip_allocation).toBe('none')
    expect((await ask('GET /v2.0/ports?ip_allocation=none', { as: 'admin' })).body.ports).toHaveLength(1)
  })

  test('tells its guest of the host’s way out, unless it is not wanted', async () => {
    expect((await make()).propagate_uplink_status).toBe(true)
    const port = await make({ propagate_uplink_status: false })
    expect(port.propagate_uplink_status).toBe(false)
    const changed = await ask(`PUT /v2.0/ports/${port.id}`, { as: 'admin', body: { port: { propagate_uplink_status: true } } })
    expect(changed.status).toBe(400)
  })

  test('is made with its tags', async () => {
    const { id, tags } = await make({ tags: ['red', 'blue'] })
    expect(tags).toEqual(['blue', 'red'])
    expect((await ask('GET /v2.0/ports?tags=red', { as: 'admin' })).body.ports.map((port: { id: string }) => port.id)).toEqual([id])
  })

  test('asks of its host what its policy promises', async () => {
    const { id } = await at.make('qos/policies', { policy: { name: 'p' } }, 'admin')
    const rule = (type: string, body: object) => at.make(`qos/policies/${id}/${type}_rules`, { [`${type}_rule`]: body }, 'admin')
    await rule('minimum_bandwidth', { min_kbps: 1000, direction: 'egress' })
    await rule('minimum_bandwidth', { min_kbps: 2000, direction: 'ingress' })
    await rule('minimum_packet_rate', { min_kpps: 5, direction: 'any' })
    const port = await make({ qos_policy_id: id })
    const { request_groups: groups, same_subtree: subtree } = port.resource_request
    expect(groups).toMatchObject([
      {
        required: ['CUSTOM_PHYSNET_PHYSNET1', 'CUSTOM_VNIC_TYPE_NORMAL'],
        resources: { NET_BW_EGR_KILOBIT_PER_SEC: 1000, NET_BW_IGR_KILOBIT_PER_SEC: 2000 },
      },
      { required: ['CUSTOM_VNIC_TYPE_NORMAL'], resources: { NET_PACKET_RATE_KILOPACKET_PER_SEC: 5 } },
    ])
    expect(subtree).toEqual(groups.map((group: { id: string }) => group.id))
    expect((await make()).resource_request).toBeNull()
    const again = (await ask(`GET /v2.0/ports/${port.id}`, { as: 'admin' })).body.port
    expect(again.resource_request).toEqual(port.resource_request)
  })

  test('has the promises of its network where it has no policy of its own', async () => {
    const { id } = await at.make('qos/policies', { policy: { name: 'p' } }, 'admin')
    await at.make(`qos/policies/${id}/minimum_packet_rate_rules`, { minimum_packet_rate_rule: { min_kpps: 5 } }, 'admin')
    await ask(`PUT /v2.0/networks/${network}`, { as: 'admin', body: { network: { qos_policy_id: id } } })
    const port = await make()
    expect([port.qos_policy_id, port.qos_network_policy_id]).toEqual([null, id])
    expect(port.resource_request.request_groups).toMatchObject([{ resources: { NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC: 5 } }])
  })
})

test('a project’s default QoS policy is that of its new networks', async () => {
  const { id } = await at.make('qos/policies', { policy: { name: 'p', is_default: true, project_id: 'p-demo' } }, 'admin')
  expect((await at.make('networks', { network: {} })).qos_policy_id).toBe(id)
  expect((await at.make('networks', { network: {} }, 'other')).qos_policy_id).toBeNull()
})
