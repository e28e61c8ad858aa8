import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let group: string
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  group = (await at.make('security-groups', { security_group: { name: 'web' } })).id
})
afterEach(() => at.close())

const rule = (fields: object) =>
  ask('POST /v2.0/security-group-rules', { body: { security_group_rule: { security_group_id: group, direction: 'ingress', ...fields } } })

describe('the default group', () => {
  test('is there when a project first looks, and lets its own members in', async () => {
    const { body } = await ask('GET /v2.0/security-groups', { as: 'other' })
    expect(body.security_groups).toHaveLength(1)
    const [usual] = body.security_groups
    expect(usual.name).toBe('default')
    const rules = usual.security_group_rules.map((one: { direction: string; ethertype: string; remote_group_id: string | null }) => [
      one.direction,
      one.ethertype,
      one.remote_group_id,
    ])
    expect(rules.sort()).toEqual([
      ['egress', 'IPv4', null],
      ['egress', 'IPv6', null],
      ['ingress', 'IPv4', usual.id],
      ['ingress', 'IPv6', usual.id],
    ])
  })

  test('cannot be taken, renamed or had twice', async () => {
    const found = (await ask('GET /v2.0/security-groups?name=default')).body.security_groups[0].id
    expect((await ask(`DELETE /v2.0/security-groups/${found}`)).body.NeutronError.type).toBe('SecurityGroupCannotRemoveDefault')
    const renamed = await ask(`PUT /v2.0/security-groups/${found}`, { body: { security_group: { name: 'x' } } })
    expect(renamed.body.NeutronError.type).toBe('SecurityGroupCannotUpdateDefault')
    const second = await ask('POST /v2.0/security-groups', { body: { security_group: { name: 'Default' } } })
    expect([second.status, second.body.NeutronError.type]).toEqual([409, 'SecurityGroupDefaultAlreadyExists'])
  })
})

describe('a rule', () => {
  test('shows its prefix as it was written and as it counts', async () => {
    const { status, body } = await rule({ protocol: 'TCP', port_range_min: 22, port_range_max: '22', remote_ip_prefix: '10.0.0.7/24' })
    expect(status).toBe(201)
    expect(body.security_group_rule).toMatchObject({
      protocol: 'tcp',
      port_range_min: 22,
      port_range_max: 22,
      ethertype: 'IPv4',
      remote_ip_prefix: '10.0.0.7/24',
      normalized_cidr: '10.0.0.0/24',
      remote_group_id: null,
    })
  })

  test.each([
    [{ protocol: 'tcp', port_range_min: 5, port_range_max: 1 }, 'SecurityGroupInvalidPortRange'],
    [{ port_range_min: 5, port_range_max: 9 }, 'SecurityGroupProtocolRequiredWithPorts'],
    [{ protocol: 'gre', port_range_min: 5, port_range_max: 9 }, 'SecurityGroupInvalidProtocolForPort'],
    [{ protocol: 'carrier-pigeon' }, 'SecurityGroupRuleInvalidProtocol'],
    [{ protocol: 256 }, 'SecurityGroupRuleInvalidProtocol'],
    [{ protocol: 'icmp', port_range_max: 3 }, 'SecurityGroupMissingIcmpType'],
    [{ protocol: 'icmp', port_range_min: 300 }, 'SecurityGroupInvalidIcmpValue'],
    [{ ethertype: 'IPv9' }, 'SecurityGroupRuleInvalidEtherType'],
    [{ remote_ip_prefix: 'x' }, 'InvalidCIDR'],
    [{ remote_ip_prefix: '2001:db8::/64' }, 'SecurityGroupRuleParameterConflict'],
    [{ protocol: 'icmpv6', ethertype: 'IPv4' }, 'SecurityGroupEthertypeConflictWithProtocol'],
    [{ remote_ip_prefix: '10.0.0.0/8', remote_group_id: 'x' }, 'SecurityGroupMultipleRemoteEntites'],
    [{ remote_group_id: '00000000-0000-4000-8000-000000000000' }, 'SecurityGroupNotFound'],
  ])('%j is refused as %s', async (fields, type) => {
    expect((await rule(fields)).body.NeutronError.type).toBe(type)
  })

  test('is there once, however it is spelled', async () => {
    await rule({ protocol: 'tcp', port_range_min: 80, port_range_max: 80 })
    const { status, body } = await rule({ protocol: 6, port_range_min: 80, port_range_max: 80, remote_ip_prefix: '0.0.0.0/0' })
    expect([status, body.NeutronError.type]).toEqual([409, 'SecurityGroupRuleExists'])
  })

  test('of every port is a rule without ports', async () => {
    const { body } = await rule({ protocol: 'udp', port_range_min: 1, port_range_max: 65_535 })
    expect(body.security_group_rule).toMatchObject({ port_range_min: null, port_range_max: null })
  })
})

test('a group on a port stays, and goes with its rules when nobody is in it', async () => {
  const network = (await at.make('networks', { network: {} })).id
  const port = await at.make('ports', { port: { network_id: network, security_groups: [group] } })
  expect((await ask(`DELETE /v2.0/security-groups/${group}`)).body.NeutronError.type).toBe('SecurityGroupInUse')
  await ask(`DELETE /v2.0/ports/${port.id}`)
  expect((await ask(`DELETE /v2.0/security-groups/${group}`)).status).toBe(204)
  expect((await ask(`GET /v2.0/security-group-rules?security_group_id=${group}`)).body.security_group_rules).toEqual([])
})

test('an address group names blocks for rules, and stays while one does', async () => {
  const { id } = await at.make('address-groups', { address_group: { name: 'office', addresses: ['10.1.0.0/16'] } })
  const added = await ask(`PUT /v2.0/address-groups/${id}/add_addresses`, { body: { addresses: ['10.2.0.0/16'] } })
  expect(added.body.address_group.addresses).toEqual(['10.1.0.0/16', '10.2.0.0/16'])
  expect((await rule({ remote_address_group_id: id })).status).toBe(201)
  expect((await ask(`DELETE /v2.0/address-groups/${id}`)).body.NeutronError.type).toBe('AddressGroupInUse')
})

describe('opening things to others', () => {
  test('lets another project see a network, until it uses it', async () => {
    const network = (await at.make('networks', { network: {} })).id
    await at.make('subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/24' } })
    const wish = { object_type: 'network', object_id: network, action: 'access_as_shared', target_tenant: 'p-other' }
    const policy = await at.make('rbac-policies', { rbac_policy: wish })
    expect((await ask(`GET /v2.0/networks/${network}`, { as: 'other' })).body.network.shared).toBe(true)
    expect((await ask('POST /v2.0/rbac-policies', { body: { rbac_policy: wish } })).body.NeutronError.type).toBe('DuplicateRbacPolicy')
    const port = await at.make('ports', { port: { network_id: network } }, 'other')
    expect((await ask(`DELETE /v2.0/rbac-policies/${policy.id}`)).body.NeutronError.type).toBe('RbacPolicyInUse')
    await ask(`DELETE /v2.0/ports/${port.id}`, { as: 'other' })
    expect((await ask(`DELETE /v2.0/rbac-policies/${policy.id}`)).status).toBe(204)
    expect((await ask(`GET /v2.0/networks/${network}`, { as: 'other' })).status).toBe(404)
  })

  test('to all is an administrator’s right', async () => {
    const wish = { object_type: 'security_group', object_id: group, action: 'access_as_shared', target_tenant: '*' }
    expect((await ask('POST /v2.0/rbac-policies', { body: { rbac_policy: wish } })).status).toBe(403)
    expect((await ask('POST /v2.0/rbac-policies', { as: 'admin', body: { rbac_policy: wish } })).status).toBe(201)
  })
})
