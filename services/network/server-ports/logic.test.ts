import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, cause } from '../kit.ts'

let at: Bench
let network: string
const server = { id: 'vm-1', projectId: 'p-demo', name: 'vm', availabilityZone: 'nova', securityGroups: [] }
beforeEach(async () => {
  at = await bench()
  network = (await at.make('networks', { network: { name: 'net' } })).id
  await at.make('subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/24', dns_nameservers: ['1.1.1.1'] } })
})
afterEach(() => at.close())

test('a server gets a port on each network it asks for, once however often it asks', async () => {
  const { serverPorts } = at.logics
  const wanted = [{ networkId: network }, { networkId: network, fixedIp: '10.0.0.9', tag: 'db' }]
  expect(await serverPorts.check(server, wanted)).toMatchObject({ newPorts: 2 })
  const first = await serverPorts.allocateForServer(server, wanted, cause)
  expect(await serverPorts.allocateForServer(server, wanted, cause)).toEqual(first)
  expect(first).toMatchObject([
    {
      serverId: 'vm-1',
      networkName: 'net',
      mtu: 1450,
      vifType: 'unbound',
      isPreserved: false,
      addresses: [{ address: '10.0.0.2', version: 4 }],
    },
    { tag: 'db', addresses: [{ address: '10.0.0.9', subnet: { gateway: '10.0.0.1', dns: ['1.1.1.1'], hasDhcp: true } }] },
  ])
  expect(first[0]?.securityGroups.map(({ name }) => name)).toEqual(['default'])
  expect(first[0]?.tapName).toBe(`tap${first[0]?.id.slice(0, 11)}`)
})

test('a server that names no network gets the only one, and none when there are several', async () => {
  const { serverPorts } = at.logics
  expect(await serverPorts.allocateForServer(server, 'auto', cause)).toHaveLength(1)
  expect(await serverPorts.allocateForServer({ ...server, id: 'vm-2' }, 'none', cause)).toEqual([])
  const other = (await at.make('networks', { network: {} })).id
  await at.make('subnets', { subnet: { network_id: other, ip_version: 4, cidr: '10.1.0.0/24' } })
  expect(await serverPorts.allocateForServer(server, 'any', cause)).toHaveLength(1)
  await expect(serverPorts.check({ ...server, id: 'vm-3' }, 'auto')).rejects.toThrow('Multiple possible networks found')
})

test('ports are bound to a host and let go; those made for the server go with it, others stay', async () => {
  const { serverPorts } = at.logics
  const own = await at.make('ports', { port: { network_id: network } })
  const made = await serverPorts.allocateForServer(server, [{ portId: own.id }, { networkId: network }], cause)
  expect(made.map(({ isPreserved }) => isPreserved)).toEqual([true, false])
  const bound = await serverPorts.bind(
    made.map(({ id }) => id),
    'node1',
    cause,
  )
  expect(bound).toMatchObject([
    { host: 'node1', vifType: 'bridge' },
    { host: 'node1', bridgeName: `brq${network.slice(0, 11)}` },
  ])
  await expect(serverPorts.allocateForServer({ ...server, id: 'vm-2' }, [{ portId: own.id }], cause)).rejects.toThrow('still in use')
  await serverPorts.deleteFor('vm-1', cause)
  expect(await serverPorts.ofServers(['vm-1'])).toEqual(new Map())
  expect((await at.ask(`GET /v2.0/ports/${own.id}`)).body.port).toMatchObject({ device_id: '', device_owner: '' })
  expect((await at.ask('GET /v2.0/ports')).body.ports).toHaveLength(1)
})

test('what is not there or not one’s own is refused before anything is made', async () => {
  const { serverPorts } = at.logics
  const foreign = (await at.make('networks', { network: {} }, 'other')).id
  for (const networkId of ['00000000-0000-4000-8000-000000000000', foreign])
    await expect(serverPorts.check(server, [{ networkId }])).rejects.toThrow('could not be found')
  const bare = (await at.make('networks', { network: {} })).id
  await expect(serverPorts.check(server, [{ networkId: bare }])).rejects.toThrow('requires a subnet')
  await expect(serverPorts.check({ ...server, securityGroups: ['none'] }, 'none')).rejects.toThrow(
    "Unable to find security_group with name or id 'none'",
  )
})

test('a server gets one more port, once however often it asks, and gives it back', async () => {
  const { serverPorts } = at.logics
  await serverPorts.allocateForServer(server, [{ networkId: network }], cause)
  const own = await at.make('ports', { port: { network_id: network } })
  const more = await serverPorts.add(server, { networkId: network, tag: 'db' }, 'wish-1', cause)
  expect(await serverPorts.add(server, { networkId: network, tag: 'db' }, 'wish-1', cause)).toEqual(more)
  await serverPorts.add(server, { portId: own.id }, 'wish-2', cause)
  const ids = async () => ((await serverPorts.ofServers(['vm-1'])).get('vm-1') ?? []).map(({ id }) => id)
  expect((await ids()).slice(1)).toEqual([more.id, own.id])
  for (const wish of ['wish-1', 'wish-2', 'wish-2', 'wish-3']) await serverPorts.takeBack('vm-1', wish, cause)
  expect(await ids()).toHaveLength(1)
  expect((await at.ask(`GET /v2.0/ports/${own.id}`)).body.port).toMatchObject({ device_id: '' })
  expect((await at.ask(`GET /v2.0/ports/${more.id}`)).status).toBe(404)
})

test('a port that a server has is not given to it twice', async () => {
  const { serverPorts } = at.logics
  const own = await at.make('ports', { port: { network_id: network } })
  await serverPorts.add(server, { portId: own.id }, 'wish-1', cause)
  await expect(serverPorts.check(server, [{ portId: own.id }])).rejects.toThrow('still in use')
  await expect(serverPorts.add(server, { portId: own.id }, 'wish-2', cause)).rejects.toThrow('still in use')
  await serverPorts.takeBack('vm-1', 'wish-2', cause)
  expect((await serverPorts.ofServers(['vm-1'])).get('vm-1')).toHaveLength(1)
})

test('who rules the cloud may plug a server into a network of others, and nobody takes a port of others', async () => {
  const { serverPorts } = at.logics
  const foreign = (await at.make('networks', { network: {} }, 'other')).id
  await at.make('subnets', { subnet: { network_id: foreign, ip_version: 4, cidr: '10.9.0.0/24' } }, 'other')
  const port = await at.make('ports', { port: { network_id: foreign } }, 'other')
  const ruler = { ...server, seesAll: true }
  await expect(serverPorts.add(server, { networkId: foreign }, 'wish-1', cause)).rejects.toThrow('could not be found')
  expect(await serverPorts.check(ruler, [{ networkId: foreign }])).toMatchObject({ newPorts: 1 })
  expect(await serverPorts.add(ruler, { networkId: foreign }, 'wish-1', cause)).toMatchObject({ networkId: foreign, projectId: 'p-demo' })
  await expect(serverPorts.check(ruler, [{ portId: port.id }])).rejects.toThrow('not usable')
})

test('who asks for networks is told how many ports the project may still have', async () => {
  const { serverPorts, quotas } = at.logics
  await quotas.update('p-demo', { port: 3 }, { check: false, cause })
  await at.make('ports', { port: { network_id: network } })
  const resolved = [{ networkId: network }]
  expect(await serverPorts.check(server, 'auto')).toEqual({ newPorts: 1, freePorts: 2, resolved })
  await quotas.update('p-demo', { port: -1 }, { check: false, cause })
  expect(await serverPorts.check(server, 'auto')).toMatchObject({ freePorts: Number.POSITIVE_INFINITY })
})

test('who waits for ports is told as soon as they are wired, and which are not by the deadline', async () => {
  const { serverPorts, ports } = at.logics
  const [port] = await serverPorts.allocateForServer(server, [{ networkId: network }], cause)
  const id = port?.id ?? ''
  const status = (one: 'ACTIVE' | 'DOWN') => ports.setStatus([id], one, { cause })
  expect(await serverPorts.awaitWired([id], 60_000)).toEqual([])
  await at.db.transaction(cause, async tx => {
    await tx.change({ kind: 'network.port', id, act: 'updated' }, sql =>
      sql.updateTable('ports').set({ binding_vif_type: 'bridge' }).where('id', '=', id).execute(),
    )
  })
  expect(await serverPorts.awaitWired([id], 1)).toEqual([id])
  const waiting = serverPorts.awaitWired([id], 60_000)
  await status('ACTIVE')
  expect(await waiting).toEqual([])
  await status('DOWN')
  const doomed = serverPorts.awaitWired([id], 60_000)
  await serverPorts.deleteFor(server.id, cause)
  expect(await doomed).toEqual([])
})

test('all networks that are not there are told of at once, after what is wrong with the others', async () => {
  const { check } = at.logics.serverPorts
  const bare = (await at.make('networks', { network: {} })).id
  const [one, two] = ['99999999-1111-4111-8111-111111111111', '99999999-1111-4111-8111-111111111112']
  const wanted = [{ networkId: one }, { networkId: network }, { networkId: two }]
  await expect(check(server, wanted)).rejects.toThrow(`Network ${one}, ${two} could not be found.`)
  await expect(check(server, [...wanted, { networkId: bare }])).rejects.toThrow(`Network ${bare} requires a subnet`)
})

test('a project that has no security group yet may name its default one', async () => {
  const newcomer = { ...server, projectId: 'p-new', securityGroups: ['default'] }
  expect(await at.logics.serverPorts.check(newcomer, 'none')).toMatchObject({ newPorts: 0 })
})

test('who deletes a port of a server tells whoever plugged it in, and a server that lets go of its ports tells nobody', async () => {
  const { serverPorts, changes } = at.logics
  const [one, two] = await serverPorts.allocateForServer(server, [{ networkId: network }, { networkId: network }], cause)
  await at.ask(`DELETE /v2.0/ports/${one?.id}`)
  await serverPorts.deleteFor(server.id, cause)
  const told = (await changes.read(0)).filter(({ kind }) => kind === 'network.server_port')
  expect(told).toMatchObject([{ id: one?.id, act: 'lost', after: { serverId: server.id } }])
  expect(await serverPorts.gone([one?.id ?? '', network, two?.id ?? ''])).toEqual([one?.id, network, two?.id])
})
