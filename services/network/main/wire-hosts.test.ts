import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { applyWiring, heartbeat, networkAgentOf, portDown, portUp, type WiringWish } from '@kilonova/network-agent/contract/messages.ts'
import { bareWiring, type HostWiring } from '@kilonova/network-agent/contract/wiring.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Bench, bench, cause } from '../kit.ts'
import { beatOf } from '../wiring/wiring/beats.ts'
import { wireHosts } from './wire-hosts.ts'

/** An agent that does what it is told, and remembers it. */
async function cloud(hosts: readonly string[] = ['node1']) {
  const service = await bench()
  const broker = openBroker()
  const rooms = { clock: systemClock, chance: systemChance, log: silentLog }
  const [ours, theirs] = await Promise.all([openBus({ inProcess: broker, ...rooms }), openBus({ inProcess: broker, ...rooms })])
  const telling = await wireHosts({
    db: service.db,
    ports: service.logics.ports,
    floatingips: service.logics.floatingips,
    bus: ours,
    ...rooms,
    domain: 'openstacklocal',
    silentMs: 75_000,
    heard: (beats, why) => service.logics.agents.heardAll(beats.map(beatOf), why),
  })
  const agents = new Map(await Promise.all(hosts.map(async (host, n) => [host, await agent(host, n)] as const)))
  onTestFinished(async () => {
    await telling.stop()
    await Promise.all([ours.close(), theirs.close()])
    await service.close()
  })

  async function agent(host: string, n: number) {
    const state = { wishes: [] as WiringWish[], revision: undefined as number | undefined, wiring: bareWiring, portsUp: [] as string[] }
    const serve = async (wish: WiringWish) => {
      if (wish.change && wish.change.since !== state.revision) throw new Refusal('stale', 'another revision is here')
      state.wishes.push(wish)
      state.wiring = wish.full ?? merged(state.wiring, wish)
      state.revision = wish.revision
      return { revision: wish.revision, portsUp: state.portsUp, troubles: [], changes: 1 }
    }
    await theirs.serve(networkAgentOf(host), [handle(applyWiring, serve)])
    const facts = {
      driver: 'fake',
      interfaceMappings: {},
      bridgeMappings: {},
      tunnelIp: `192.0.2.${n + 1}`,
      segmentTypes: ['vxlan' as const],
      hasIsolatedMetadata: true,
      warnings: [],
    }
    const counts = { ports: 0, networks: 0, dhcpServers: 0, routers: 0, floatingIps: 0 }
    const beat = () =>
      theirs.announce(heartbeat, { host, startedAt: '2026-01-01T00:00:00.000Z', revision: state.revision, facts, counts }, { cause })
    await beat()
    return { state, beat }
  }
  return { ...service, agents, theirs, agentOf: (host: string) => agents.get(host) ?? Promise.reject(new Error(host)) }
}

const merged = (wiring: HostWiring, { change }: WiringWish): HostWiring =>
  Object.fromEntries(
    Object.entries(wiring).map(([list, things]) => {
      const key = (thing: object) => ('id' in thing ? thing.id : 'networkId' in thing ? thing.networkId : '')
      const put: readonly object[] = change?.put[list as keyof HostWiring] ?? []
      const gone = new Set<unknown>([...put.map(key), ...(change?.gone[list as keyof HostWiring] ?? [])])
      return [list, [...things.filter((thing: object) => !gone.has(key(thing))), ...put]]
    }),
  ) as unknown as HostWiring

/** A network with a subnet, and a guest's port on a host. */
async function guestOn(service: Pick<Bench, 'make' | 'ask'>, host: string, network?: string) {
  const id = network ?? (await service.make('networks', { network: { name: 'net' } }))['id']
  if (network === undefined) await service.make('subnets', { subnet: { network_id: id, ip_version: 4, cidr: '192.168.56.0/24' } })
  const port = await service.make(
    'ports',
    { port: { network_id: id, device_owner: 'compute:nova', device_id: 'da0e8cfc-46f9-416d-a828-000000000001', 'binding:host_id': host } },
    'admin',
  )
  return { networkId: String(id), port }
}

test('a host is told its guests’ ports with everything that belongs to them, and a DHCP server is placed', async () => {
  const service = await cloud()
  const { networkId, port } = await guestOn(service, 'node1')
  const agent = await service.agentOf('node1')
  await vi.waitFor(() => expect(agent.state.wiring.dhcp).toHaveLength(1))
  const { wiring } = agent.state
  expect(wiring.networks).toMatchObject([{ id: networkId, segment: { type: 'vxlan', peers: [] } }])
  expect(wiring.ports).toMatchObject([{ id: port['id'], networkId, hasPortSecurity: true, fixedIps: [{ prefixLength: 24 }] }])
  expect(wiring.securityGroups[0]?.rules.map(rule => rule.direction).sort()).toEqual(['egress', 'egress', 'ingress', 'ingress'])
  expect(wiring.addressSets[0]?.addresses).toEqual([wiring.ports[0]?.fixedIps[0]?.address])
  expect(wiring.dhcp).toMatchObject([{ networkId, domain: 'openstacklocal', subnets: [{ cidr: '192.168.56.0/24', hasRouter: false }] }])
  expect(wiring.dhcp[0]?.hosts.map(host => host.portId)).toEqual([port['id']])
  expect(wiring.metadata).toMatchObject([{ networkId, instances: [{ instanceId: 'da0e8cfc-46f9-416d-a828-000000000001' }] }])
  const { body } = await service.ask(`GET /v2.0/ports?device_owner=network:dhcp`, { as: 'admin' })
  await vi.waitFor(async () => {
    const found = await service.ask(`GET /v2.0/ports/${body['ports'][0].id}`, { as: 'admin' })
    expect(found.body['port']).toMatchObject({
      status: 'ACTIVE',
      'binding:host_id': 'node1',
      device_id: expect.stringMatching(/^dhcp.{36}-/),
    })
  })
})

test('a change tells what changed and no more', async () => {
  const service = await cloud()
  const { networkId, port } = await guestOn(service, 'node1')
  const agent = await service.agentOf('node1')
  await vi.waitFor(() => expect(agent.state.wiring.dhcp).toHaveLength(1))
  const told = agent.state.wishes.length
  const second = await guestOn(service, 'node1', networkId)
  await vi.waitFor(() => expect(agent.state.wiring.ports).toHaveLength(2))
  const { change } = agent.state.wishes[told] ?? {}
  expect(Object.keys(change?.put ?? {}).sort()).toEqual(['addressSets', 'dhcp', 'metadata', 'ports'])
  await service.ask(`DELETE /v2.0/ports/${second.port['id']}`, { as: 'admin' })
  await vi.waitFor(() => expect(agent.state.wiring.ports.map(({ id }) => id)).toEqual([port['id']]))
  expect(agent.state.wishes.at(-1)?.change?.gone).toEqual({ ports: [second.port['id']] })
})

test('a port is active when its cable is plugged in, and down when it is pulled out', async () => {
  const service = await cloud()
  const { port } = await guestOn(service, 'node1')
  const status = async () => (await service.ask(`GET /v2.0/ports/${port['id']}`)).body['port'].status
  expect(await status()).toBe('DOWN')
  await service.theirs.announce(portUp, { host: 'elsewhere', portId: String(port['id']) }, { cause })
  await service.theirs.announce(portUp, { host: 'node1', portId: String(port['id']) }, { cause })
  await vi.waitFor(async () => expect(await status()).toBe('ACTIVE'), { timeout: 20_000 })
  await service.theirs.announce(portDown, { host: 'node1', portId: String(port['id']) }, { cause })
  await vi.waitFor(async () => expect(await status()).toBe('DOWN'), { timeout: 20_000 })
})

test('hosts of one network know of each other’s ports, and one that begins anew is told the whole', async () => {
  const service = await cloud(['node1', 'node2'])
  const { networkId, port } = await guestOn(service, 'node1')
  await guestOn(service, 'node2', networkId)
  const agent = await service.agentOf('node2')
  const peers = () => agent.state.wiring.networks.flatMap(({ segment }) => (segment.type === 'vxlan' ? segment.peers : []))
  await vi.waitFor(() => expect(peers()).toMatchObject([{ tunnelIp: '192.0.2.1' }]))
  await vi.waitFor(() => expect(peers()[0]?.macAddresses).toContain(port['mac_address']))
  Object.assign(agent.state, { revision: undefined, wiring: bareWiring, wishes: [] })
  await agent.beat()
  await vi.waitFor(() => expect(agent.state.wishes[0]?.full?.ports).toHaveLength(1))
})

test('a network whose subnet goes loses its DHCP server', async () => {
  const service = await cloud()
  const { networkId, port } = await guestOn(service, 'node1')
  const agent = await service.agentOf('node1')
  await vi.waitFor(() => expect(agent.state.wiring.dhcp).toHaveLength(1))
  await service.ask(`DELETE /v2.0/ports/${port['id']}`, { as: 'admin' })
  const { body } = await service.ask(`GET /v2.0/subnets?network_id=${networkId}`)
  expect((await service.ask(`DELETE /v2.0/subnets/${body['subnets'][0].id}`)).status).toBe(204)
  await vi.waitFor(() => expect(agent.state.wiring).toEqual(bareWiring))
  expect((await service.ask('GET /v2.0/ports', { as: 'admin' })).body['ports']).toEqual([])
})

test('a floating address is active as long as its router is wired', async () => {
  const service = await cloud()
  const { networkId, port } = await guestOn(service, 'node1')
  const make = async (path: string, what: string, body: object) =>
    (await service.ask(`POST /v2.0/${path}`, { as: 'admin', body: { [what]: body } })).body[what]
  const outside = await make('networks', 'network', { name: 'public', 'router:external': true })
  await make('subnets', 'subnet', { network_id: outside.id, cidr: '172.24.4.0/24', ip_version: 4, enable_dhcp: false })
  const router = await make('routers', 'router', { name: 'r', external_gateway_info: { network_id: outside.id } })
  const { body } = await service.ask(`GET /v2.0/subnets?network_id=${networkId}`)
  await service.ask(`PUT /v2.0/routers/${router.id}/add_router_interface`, { as: 'admin', body: { subnet_id: body['subnets'][0].id } })
  const floating = await make('floatingips', 'floatingip', { floating_network_id: outside.id, port_id: port['id'] })
  const status = async () => (await service.ask(`GET /v2.0/floatingips/${floating.id}`, { as: 'admin' })).body['floatingip'].status
  expect(floating.status).toBe('DOWN')
  await vi.waitFor(async () => expect(await status()).toBe('ACTIVE'), { timeout: 20_000 })
  // A router that is taken from its host serves nobody, until it is given to one again.
  const hosts = await service.ask(`GET /v2.0/routers/${router.id}/l3-agents`, { as: 'admin' })
  const agents = `/v2.0/agents/${hosts.body['agents'][0].id}/l3-routers`
  await service.ask(`DELETE ${agents}/${router.id}`, { as: 'admin' })
  await vi.waitFor(async () => expect(await status()).toBe('DOWN'), { timeout: 20_000 })
  await service.ask(`POST ${agents}`, { as: 'admin', body: { router_id: router.id } })
  await vi.waitFor(async () => expect(await status()).toBe('ACTIVE'), { timeout: 20_000 })
  await service.ask(`PUT /v2.0/floatingips/${floating.id}`, { as: 'admin', body: { floatingip: { port_id: null } } })
  expect(await status()).toBe('DOWN')
})
