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
  expect(await serverPorts.check(server, wanted)).toEqual({ newPorts: 2 })
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
  await expect(serverPorts.check({ ...server, securityGroups: ['none'] }, 'none')).rejects.toThrow('Security group none not found')
})
