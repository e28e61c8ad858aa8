import { type Chance, seededChance } from '@kilonova/platform/chance.ts'
import { expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, cause, settingsWith } from '../../kit.ts'
import { beatOf } from '../wiring/beats.ts'
import { wiringStore } from '../store.ts'
import { dhcpPortPlan } from '../wiring/dhcp-ports.ts'
import type { Grouped } from '../wiring/grouped.ts'
import { routerPortPlan } from '../wiring/router-ports.ts'
import { type Sight, sightOf } from '../wiring/sight.ts'
import { touchedBy } from '../wiring/touched.ts'
import { hostWiring } from '../wiring/wiring.ts'
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
  const port = () => ({ device_owner: pick(['', 'compute:nova']), 'binding:host_id': pick(['', 'node1', 'node2', 'node3']) })
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
    async () => {
      const { body } = await ask(`GET /v2.0/ports/${one('ports')}`)
      const [fixed] = (body['port']?.['fixed_ips'] ?? []) as readonly { readonly ip_address: string }[]
      const inside = { internal_port_id: body['port']?.['id'], internal_ip_address: fixed?.ip_address, internal_port: 80 }
      const forwarding = { ...inside, external_port: 1 + number(9), protocol: 'tcp' }
      return ask(`POST /v2.0/floatingips/${one('floatingips')}/port_forwardings`, { port_forwarding: forwarding })
    },
    () =>
      ask(`POST /v2.0/routers/${one('routers')}/conntrack_helpers`, { conntrack_helper: { protocol: 'udp', port: 69, helper: 'tftp' } }),
    () =>
      make('log/logs', 'log', { resource_type: 'security_group', event: 'ALL', ...pick([{}, { resource_id: one('security-groups') }]) }),
    () => change('ports', 'port', { allowed_address_pairs: [{ ip_address: `10.9.0.${number(9)}` }] }),
    ...[
      'networks',
      'subnets',
      'ports',
      'security-groups',
      'security-group-rules',
      'routers',
      'floatingips',
      'qos/policies',
      'log/logs',
      'address-groups',
    ].map(path => () => drop(path)),
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

const hosts = ['node1', 'node2', 'node3'].map((host, n) => ({ host, tunnelIp: `192.0.2.${n + 1}` }))
const names = hosts.map(({ host }) => host)
const sightIn = (kept: Kept): Sight => sightOf(kept.land(), hosts, kept.groupings())
const wiringOf = (host: string, sight: Sight) => hostWiring(host, sight, { domain: '' })

/** The same for lists whose order says nothing. */
const unordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(unordered).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, unordered(one)]))
      : value

/** Where servers and ports of routers are to be placed, by whom it is about. */
function placesOf(sight: Sight, networkIds?: Iterable<string>, routerIds?: Iterable<string>) {
  const { make, change, remove } = dhcpPortPlan(sight, names, networkIds)
  return unordered([
    make.map(({ networkId }) => networkId),
    change.map(({ portId }) => portId),
    remove,
    routerPortPlan(sight, routerIds).bind,
  ])
}

async function aCloudOfThree(): Promise<Bench> {
  const at = await bench(settingsWith({ ml2: { tenant_network_types: ['vxlan'] }, ml2_type_vxlan: { vni_ranges: ['1:999'] } }))
  onTestFinished(() => at.close())
  await at.logics.quotas.update('p-admin', { security_group: -1, router: -1, network: -1, floatingip: -1 }, { check: false, cause })
  for (const host of names) await at.logics.agents.heard(beatOf(aBeat(host)), cause)
  return at
}

test.each([1, 2, 3])('whatever is done, what the change log tells is all there is to know of wiring (%i)', async seed => {
  const at = await aCloudOfThree()
  const store = wiringStore(at.db)
  const [told, fresh] = [keptLandscape(store), keptLandscape(store)]
  await told.load()
  const left = { networks: new Set<string>(), routers: new Set<string>() }
  const wirings = new Map(names.map(host => [host, wiringOf(host, sightIn(told))]))
  let seen = await at.db.changes.head()
  const { step } = wanderer(at, seededChance(seed))
  for (let i = 0; i < 150; i++) {
    await step()
    for (const change of await at.db.changes.read(seen, { limit: 1000 })) {
      seen = change.offset
      told.note(change)
    }
    const renewed = await told.refresh()
    await fresh.load()
    expect(told.land()).toEqual(fresh.land())
    expect(membersOf(told)).toEqual(membersOf(fresh))
    const touched = touchedBy(renewed, sightIn(told))
    for (const host of names) if (touched.hosts === 'all' || touched.hosts.has(host)) wirings.set(host, wiringOf(host, sightIn(told)))
    for (const host of names) expect(unordered(wirings.get(host))).toEqual(unordered(wiringOf(host, sightIn(fresh))))
    for (const id of touched.networks) left.networks.add(id)
    for (const id of touched.routers) left.routers.add(id)
    expect(placesOf(sightIn(told), left.networks, left.routers)).toEqual(placesOf(sightIn(fresh)))
  }
})

test('a change touches the hosts whose wiring it is in, and no others', async () => {
  const at = await aCloudOfThree()
  const kept = keptLandscape(wiringStore(at.db))
  const networkOn = async (host: string) => {
    const { id: network_id } = await at.make('networks', { network: {} }, 'admin')
    const subnet = await at.make('subnets', { subnet: { network_id, ip_version: 4, cidr: '10.0.0.0/24' } }, 'admin')
    const { id: group } = await at.make('security-groups', { security_group: {} }, 'admin')
    const port = { network_id, 'binding:host_id': host, device_owner: 'compute:nova', security_groups: [group] }
    return { network_id, group, subnet, port: await at.make('ports', { port }, 'admin') }
  }
  const [one, other] = [await networkOn('node1'), await networkOn('node2')]
  await kept.load()
  let seen = await at.db.changes.head()
  const touchedAfter = async (route: string, body: object) => {
    expect((await at.ask(route, { as: 'admin', body })).status).toBeLessThan(300)
    for (const change of await at.db.changes.read(seen, { limit: 1000 })) {
      seen = change.offset
      kept.note(change)
    }
    const { hosts: touched } = touchedBy(await kept.refresh(), sightIn(kept))
    return touched === 'all' ? touched : [...touched].sort()
  }
  const more = { port: { network_id: one.network_id, 'binding:host_id': 'node3', device_owner: 'compute:nova' } }
  expect(await touchedAfter('POST /v2.0/ports', { port: { network_id: other.network_id } })).toEqual(['node2'])
  expect(await touchedAfter(`PUT /v2.0/subnets/${other.subnet.id}`, { subnet: { dns_nameservers: ['192.0.2.53'] } })).toEqual(['node2'])
  const rule = { security_group_id: one.group, direction: 'ingress', remote_group_id: other.group }
  expect(await touchedAfter('POST /v2.0/security-group-rules', { security_group_rule: rule })).toEqual(['node1'])
  const pairs = { port: { allowed_address_pairs: [{ ip_address: '10.9.0.1' }] } }
  expect(await touchedAfter(`PUT /v2.0/ports/${other.port.id}`, pairs)).toEqual(['node1', 'node2'])
  expect(await touchedAfter('POST /v2.0/ports', more)).toEqual(['node1', 'node3'])
  expect(await touchedAfter('POST /v2.0/security-groups', { security_group: {} })).toEqual([])
  await at.logics.ports.setStatus([one.port.id], 'ACTIVE', { cause })
  expect(await touchedAfter('POST /v2.0/networks', { network: {} })).toEqual([])
})

/** What is found by what anything in the landscape is called. */
function membersOf(kept: Kept) {
  const { networks, groups, routers, addressGroups } = kept.land()
  const policies = [...networks.values()].flatMap(({ qosPolicyId }) => qosPolicyId ?? [])
  const named = [networks, groups, routers, addressGroups].flatMap(things => [...things.keys()])
  const keys = [...named, ...policies, ...names, 'network:dhcp', 'p-admin'].sort()
  return Object.values(kept.groupings()).map((group: Grouped<{ readonly id: string }>) =>
    keys.map(key => (group.get(key) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1))),
  )
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
