import { type Chance, seededChance } from '@kilonova/platform/chance.ts'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, cause } from '../../kit.ts'
import { beatOf } from '../wiring/beats.ts'
import { wiringStore } from '../store.ts'
import type { WiredPort } from '../wiring/landscape.ts'
import type { Grouped } from '../wiring/port-groups.ts'
import { type Kept, keptLandscape } from './kept.ts'

type Ask = (route: string, body?: object) => Promise<{ readonly status: number; readonly body: Record<string, Record<string, unknown>> }>

/** A cloud on which things are done by lot, with what was made by the words of their paths. */
function wanderer(at: Bench, chance: Chance) {
  const made = new Map<string, string[]>()
  const pick = <T>(some: readonly T[]): T | undefined => some[Math.floor(chance.fraction() * some.length)]
  const one = (path: string) => pick(made.get(path) ?? []) ?? '00000000-0000-4000-8000-000000000000'
  const number = (most: number) => Math.floor(chance.fraction() * most)
  const ask: Ask = async (route, body) => at.ask(route, { as: 'admin', ...(body ? { body } : {}) }) as never
  const make = async (path: string, name: string, body: object) => {
    const { status, body: answer } = await ask(`POST /v2.0/${path}`, { [name]: body })
    if (status === 201) made.set(path, [...(made.get(path) ?? []), String(answer[name]?.['id'])])
  }
  const change = (path: string, name: string, body: object) => ask(`PUT /v2.0/${path}/${one(path)}`, { [name]: body })
  const drop = (path: string) => ask(`DELETE /v2.0/${path}/${one(path)}`)
  const port = () => ({ device_owner: pick(['', 'compute:nova']), 'binding:host_id': pick(['', 'node1', 'node2']) })
  const slaac = { ip_version: 6, ipv6_ra_mode: 'slaac', ipv6_address_mode: 'slaac' }

  const acts: readonly (() => Promise<unknown>)[] = [
    () => make('networks', 'network', { name: 'n', 'router:external': chance.fraction() < 0.3 }),
    () => make('subnets', 'subnet', { network_id: one('networks'), ip_version: 4, cidr: `10.${number(200)}.0.0/24` }),
    () => make('subnets', 'subnet', { network_id: one('networks'), ...slaac, cidr: `2001:db8:${number(200)}::/64` }),
    () => make('ports', 'port', { network_id: one('networks'), ...port() }),
    () => make('ports', 'port', { network_id: one('networks'), ...port() }),
    () => make('ports', 'port', { network_id: one('networks'), security_groups: [one('security-groups')], ...port() }),
    () => make('security-groups', 'security_group', { name: 'g' }),
    () => make('security-group-rules', 'security_group_rule', ruleBy(pick, one)),
    () => make('address-groups', 'address_group', { addresses: ['192.0.2.1/32'] }),
    () => make('routers', 'router', { name: 'r' }),
    () => make('floatingips', 'floatingip', { floating_network_id: one('networks') }),
    () => make('qos/policies', 'policy', { name: 'q' }),
    () => ask(`POST /v2.0/qos/policies/${one('qos/policies')}/bandwidth_limit_rules`, { bandwidth_limit_rule: { max_kbps: number(9999) } }),
    () => change('networks', 'network', { mtu: 1000 + number(400), qos_policy_id: one('qos/policies') }),
    () => change('subnets', 'subnet', { dns_nameservers: ['192.0.2.53'], enable_dhcp: chance.fraction() < 0.7 }),
    () => change('ports', 'port', { admin_state_up: chance.fraction() < 0.8, dns_name: 'x', qos_policy_id: one('qos/policies') }),
    () => change('ports', 'port', { fixed_ips: [{ subnet_id: one('subnets') }] }),
    () => change('ports', 'port', { security_groups: [one('security-groups')] }),
    () => change('security-groups', 'security_group', { stateful: chance.fraction() < 0.5 }),
    () => ask(`PUT /v2.0/address-groups/${one('address-groups')}/add_addresses`, { addresses: [`192.0.2.${number(255)}/32`] }),
    () => change('routers', 'router', { external_gateway_info: { network_id: one('networks') } }),
    () => change('routers', 'router', { external_gateway_info: {}, admin_state_up: chance.fraction() < 0.8 }),
    () => ask(`PUT /v2.0/routers/${one('routers')}/add_router_interface`, { subnet_id: one('subnets') }),
    () => ask(`PUT /v2.0/routers/${one('routers')}/add_router_interface`, { subnet_id: one('subnets') }),
    () => ask(`PUT /v2.0/routers/${one('routers')}/remove_router_interface`, { subnet_id: one('subnets') }),
    () => change('routers', 'router', { routes: [{ destination: '198.51.100.0/24', nexthop: `10.${number(200)}.0.9` }] }),
    () => change('floatingips', 'floatingip', { port_id: one('ports') }),
    () => change('floatingips', 'floatingip', { port_id: null }),
    ...['networks', 'subnets', 'ports', 'security-groups', 'security-group-rules', 'routers', 'floatingips', 'qos/policies'].map(
      path => () => drop(path),
    ),
  ]
  return { step: () => pick(acts)?.() }
}

const ruleBy = (pick: <T>(some: readonly T[]) => T | undefined, one: (path: string) => string) => ({
  security_group_id: one('security-groups'),
  direction: 'ingress',
  ...pick([
    { protocol: 'tcp', port_range_min: 22, port_range_max: 22 },
    { remote_group_id: one('security-groups') },
    { remote_address_group_id: one('address-groups') },
  ]),
})

test.each([1, 2, 3])('whatever is done, what the change log tells is all there is to know of wiring (%i)', async seed => {
  const at = await bench()
  onTestFinished(() => at.close())
  await at.logics.quotas.update('p-admin', { security_group: -1, router: -1, network: -1, floatingip: -1 }, { check: false, cause })
  for (const host of ['node1', 'node2']) await at.logics.agents.heard(beatOf(aBeat(host)), cause)
  const store = wiringStore(at.db)
  const [told, fresh] = [keptLandscape(store), keptLandscape(store)]
  await told.load()
  let seen = await at.db.changes.head()
  const { step } = wanderer(at, seededChance(seed))
  for (let i = 0; i < 150; i++) {
    await step()
    for (const change of await at.db.changes.read(seen, { limit: 1000 })) {
      seen = change.offset
      told.note(change)
    }
    await told.refresh()
    await fresh.load()
    expect(told.land()).toEqual(fresh.land())
    expect(membersOf(told)).toEqual(membersOf(fresh))
  }
})

/** Which ports are found by what anything in the landscape is called. */
function membersOf(kept: Kept) {
  const { networks, groups, routers } = kept.land()
  const keys = [...networks.keys(), ...groups.keys(), ...routers.keys(), 'node1', 'node2', 'network:dhcp'].sort()
  return Object.values(kept.groups())
    .filter(group => typeof group !== 'function')
    .map((group: Grouped<WiredPort>) => keys.map(key => (group.get(key) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1))))
}

const aBeat = (host: string) => ({
  host,
  startedAt: '2026-01-01T00:00:00.000Z',
  revision: undefined,
  facts: {
    ...{ driver: 'fake', interfaceMappings: {}, bridgeMappings: {}, tunnelIp: '192.0.2.9', segmentTypes: ['vxlan' as const] },
    ...{ hasIsolatedMetadata: true, warnings: [] },
  },
  counts: { ports: 0, networks: 0, dhcpServers: 0, routers: 0, floatingIps: 0 },
})
