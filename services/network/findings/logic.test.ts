import type { Defect } from '@kilonova/network-agent/contract/observation.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { type Bench, bench, cause, settingsWith } from '../kit.ts'
import { networkChecks } from '../main/findings.ts'
import type { Tables } from '../tables.ts'
import type { Finding, Machine } from './finding.ts'

const settings = settingsWith({ ml2: { tenant_network_types: ['vxlan'] }, ml2_type_flat: { flat_networks: ['public'] } })
let at: Bench
let living: (id: string) => boolean
let machines: readonly Machine[]

beforeEach(async () => {
  at = await bench(settings)
  onTestFinished(() => at.close())
  living = () => true
  machines = []
  const configurations = { 'Linux bridge agent': { tunneling_ip: '192.0.2.1' }, 'L3 agent': {}, 'DHCP agent': {} }
  await at.logics.agents.heard({ host: 'host1', startedAt: '2026-01-01T00:00:00Z', configurations }, cause)
})

const checks = () =>
  networkChecks({
    ...{ database: at.db, settings, machines, clock: systemClock, chance: seededChance(1) },
    livingServers: async ids => new Set(ids.filter(living)),
  })

/** What is found, by the check that found it. */
async function found(): Promise<Readonly<Record<string, readonly Finding[]>>> {
  const looks = await Promise.all(checks().map(async ({ name, look }) => [name, await look(cause)] as const))
  return Object.fromEntries(looks.filter(([, findings]) => findings.length > 0))
}

/** One check finds one thing, and no other finds any. */
async function onlyFound(name: string): Promise<Finding> {
  const all = await found()
  expect(Object.keys(all)).toEqual([name])
  const [finding, ...more] = all[name] ?? []
  expect(more).toEqual([])
  if (!finding) throw new Error(`${name} holds`)
  return finding
}

/** Sets it right; afterwards all checks hold. */
async function mend({ repair }: Finding): Promise<void> {
  await repair?.run(cause)
  expect(await found()).toEqual({})
}

type Writer = Parameters<Parameters<Parameters<Parameters<Bench['db']['transaction']>[1]>[0]['change']>[1]>[0]

/** Writes behind the service's back. */
const write = (work: (sql: Writer) => Promise<unknown>) => at.db.transaction(cause, tx => tx.change([], work))
const set = (table: keyof Tables & string, id: string, values: Readonly<Record<string, unknown>>) =>
  write(sql => sql.updateTable(table).set(values).where('id', '=', id).execute())

const make = (path: string, name: string, body: object) => at.make(path, { [name]: body }, 'admin')

async function aPort(more: object = {}) {
  const network = await make('networks', 'network', {})
  const subnet = await make('subnets', 'subnet', { network_id: network.id, ip_version: 4, cidr: '10.0.0.0/24' })
  return { network, subnet, port: await make('ports', 'port', { network_id: network.id, ...more }) }
}

/** A floating IP that leads to a port through a router. */
async function aFloatingIp() {
  const flat = { 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'public' }
  const { id: floating_network_id } = await make('networks', 'network', flat)
  await make('subnets', 'subnet', { network_id: floating_network_id, ip_version: 4, cidr: '172.24.4.0/24', enable_dhcp: false })
  const router = await make('routers', 'router', { external_gateway_info: { network_id: floating_network_id } })
  const { port, subnet } = await aPort()
  await at.ask(`PUT /v2.0/routers/${router.id}/add_router_interface`, { as: 'admin', body: { subnet_id: subnet.id } })
  const floating = await make('floatingips', 'floatingip', { floating_network_id, port_id: port.id })
  const loose = await make('floatingips', 'floatingip', { floating_network_id })
  return { port, router, floating, loose }
}

test('of networks in which all is well nothing is found', async () => {
  await aFloatingIp()
  await make('ports', 'port', {
    network_id: (await aPort()).network.id,
    'binding:host_id': 'host1',
    device_owner: 'compute:nova',
    device_id: 's',
  })
  expect(await found()).toEqual({})
})

test('a port whose server is not there is let go', async () => {
  const { port } = await aPort({ device_owner: 'compute:nova', device_id: 'gone' })
  await make('ports', 'port', { network_id: port.network_id, device_owner: 'compute:nova', device_id: 'there' })
  living = id => id === 'there'
  const finding = await onlyFound('every port of a server has its server')
  expect(finding.what).toBe(`port ${port.id} is of the server gone, which is not there`)
  await mend(finding)
})

test('an address whose port is not there is given back', async () => {
  const { port, network } = await aPort()
  await write(sql => sql.deleteFrom('ports').where('id', '=', port.id).execute())
  const all = await found()
  const [finding] = all['every address that is taken has its port'] ?? []
  const address = port.fixed_ips[0].ip_address
  expect(finding?.what).toBe(`the address ${address} of network ${network.id} is taken by the port ${port.id}, which is not there`)
  await finding?.repair?.run(cause)
  expect(Object.keys(await found())).not.toContain('every address that is taken has its port')
  expect((await make('ports', 'port', { network_id: network.id, fixed_ips: [{ ip_address: address }] })).fixed_ips[0].ip_address).toBe(
    address,
  )
})

test('a port on a host of which no agent ever spoke is told, with what somebody has to decide', async () => {
  const { port } = await aPort({ 'binding:host_id': 'host1', device_owner: 'compute:nova', device_id: 's' })
  await set('ports', port.id, { binding_host_id: 'nowhere' })
  const finding = await onlyFound('every port is bound to a host that is known')
  expect(finding).toEqual({ what: expect.stringContaining(`port ${port.id} is bound to nowhere, of which no network agent ever spoke`) })
})

test('the port of a DHCP server goes when nobody on its network is to be served', async () => {
  const { network, subnet } = await aPort()
  const server = await make('ports', 'port', { network_id: network.id, device_owner: 'network:dhcp', 'binding:host_id': 'host1' })
  expect(await found()).toEqual({})
  await set('subnets', subnet.id, { enable_dhcp: 0 })
  const finding = await onlyFound('every DHCP server has a network to serve')
  expect(finding.what).toBe(`port ${server.id} is of a DHCP server for network ${network.id}, on which nobody is to be served`)
  await mend(finding)
  expect((await at.ask(`GET /v2.0/ports/${server.id}`, { as: 'admin' })).status).toBe(404)
})

test('a router that was given to an agent that is not there is told, with the command', async () => {
  const { id } = await make('routers', 'router', {})
  await write(sql => sql.deleteFrom('routerl3agentbindings').where('router_id', '=', id).execute())
  await write(sql => sql.insertInto('routerl3agentbindings').values({ router_id: id, l3_agent_id: 'gone' }).execute())
  const finding = await onlyFound('every router is given to an agent that is known')
  expect(finding).toEqual({
    what: expect.stringContaining(`router ${id} is given to the agent gone, which is not there (openstack network agent`),
  })
})

test('a floating IP that is ACTIVE and leads nowhere is DOWN again', async () => {
  const { loose } = await aFloatingIp()
  await set('floatingips', loose.id, { status: 'ACTIVE' })
  const finding = await onlyFound('every floating IP says what it is')
  expect(finding.what).toBe(`floating IP ${loose.floating_ip_address} is ACTIVE and leads nowhere`)
  await mend(finding)
})

const torn: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
  [{ fixed_port_id: 'gone' }, /leads to the port gone, which is not there/],
  [{ fixed_ip_address: '10.0.0.99' }, /leads to 10\.0\.0\.99, which its port does not have/],
  [{ router_id: null }, /leads to a port and through no router/],
  [{ router_id: 'gone' }, /leads through the router gone, which is not there/],
]

test('a floating IP that leads to what is not there is told, with the command', async () => {
  const { floating } = await aFloatingIp()
  const { port_id: fixed_port_id, fixed_ip_address, router_id } = floating
  for (const [tear, says] of torn) {
    await set('floatingips', floating.id, { fixed_port_id, fixed_ip_address, router_id, ...tear })
    const { what, repair } = await onlyFound('every floating IP says what it is')
    expect(repair).toBeUndefined()
    expect(what).toMatch(says)
    expect(what).toContain(`(openstack floating ip unset --port ${floating.floating_ip_address})`)
  }
})

test('what is counted of quotas is counted anew', async () => {
  await make('networks', 'network', {})
  await write(sql => sql.updateTable('quotausages').set({ in_use: 7 }).where('resource', '=', 'network').execute())
  const finding = await onlyFound('what networks count of quotas is what there is')
  expect(finding.what).toBe('project p-admin has 1 of network, and 7 are counted')
  await mend(finding)
})

const defect = (more: Partial<Defect>): Defect => ({
  ...{ subject: 'n', part: 'bridge', where: 'brq1', what: 'the bridge brq1 is down', remedy: 'ip link set brq1 up' },
  ...{ stops: true, repairedBy: 'agent', ...more },
})

test('a host that is not wired as the tables say is wired anew, once for all that is amiss', async () => {
  let amiss = [defect({}), defect({ where: 'tap1', what: 'tap1 is down', part: 'tap' })]
  let applied = 0
  const apply: Machine['apply'] = async () => {
    applied += 1
    amiss = []
    return []
  }
  machines = [{ host: 'host1', observe: async () => ({ defects: amiss }), apply }]
  const { ['the network of host1 is wired as the tables say']: findings = [] } = await found()
  expect(findings.map(({ what }) => what)).toEqual(['host1: the bridge brq1 is down', 'host1: tap1 is down'])
  await Promise.all(findings.flatMap(({ repair }) => (repair ? [repair.run(cause)] : [])))
  expect([applied, await found()]).toEqual([1, {}])
})

test('what the agent cannot mend is told with what can, and a guest that is off is nothing amiss', async () => {
  const off = defect({ part: 'tap', repairedBy: 'hypervisor', what: 'tap1 is not there' })
  const address = defect({ repairedBy: 'operator', what: 'eth0 has no address', remedy: 'give it one' })
  machines = [{ host: 'host1', observe: async () => ({ defects: [off, address] }), apply: async () => [] }]
  expect(await onlyFound('the network of host1 is wired as the tables say')).toEqual({ what: 'host1: eth0 has no address (give it one)' })
})

test('a repair of a host that leaves something amiss says what', async () => {
  const troubles = [{ subject: 'n', reason: 'no such device' }]
  machines = [{ host: 'host1', observe: async () => ({ defects: [defect({})] }), apply: async () => troubles }]
  const { repair } = await onlyFound('the network of host1 is wired as the tables say')
  await expect(repair?.run(cause)).rejects.toThrow('n: no such device; the bridge brq1 is down')
})
