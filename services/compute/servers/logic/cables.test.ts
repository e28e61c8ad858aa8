import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { expect, test } from 'vitest'
import { aServer } from '../../kit.ts'
import { cabling } from './cables.ts'

const nic = { portId: 'port-1', networkId: 'n', label: 'flat', macAddress: 'fa:16:3e:00:00:01', addresses: [] }
const [wired, bare] = [aServer(1, { nics: [nic] }), aServer(2)]
const subnet = {
  id: 's',
  cidr: '10.0.0.0/24',
  version: 4,
  gateway: null,
  dns: [],
  routes: [],
  hasDhcp: true,
  ipv6AddressMode: null,
} as const
const port: ServerPort = {
  ...{
    id: 'port-1',
    serverId: wired.id,
    projectId: 'p',
    networkId: 'n',
    networkName: 'flat',
    macAddress: nic.macAddress,
    mtu: 1500,
    status: 'ACTIVE',
  },
  ...{
    isUp: true,
    host: 'h',
    vnicType: 'normal',
    vifType: 'bridge',
    tapName: 'tap',
    bridgeName: 'brq',
    isPreserved: false,
    hasPortSecurity: true,
  },
  ...{ tag: undefined, securityGroups: [{ id: 'g1', name: 'web' }] },
  addresses: [{ address: '10.0.0.5', version: 4, floating: ['172.24.4.9'], subnet }],
}

const unheard = () => {}

test('one look shows the addresses and groups of all servers that have cables', async () => {
  const looks: (readonly string[])[] = []
  const ofServers = async (ids: readonly string[]) => {
    looks.push(ids)
    return new Map([[wired.id, [port]]])
  }
  const [first, second] = await cabling({ network: { ports: { ofServers } as never }, unheard })([wired, bare])
  expect(first?.groupNames).toEqual(['web'])
  expect(first?.server.nics[0]?.addresses.map(({ address, type }) => [address, type])).toEqual([
    ['10.0.0.5', 'fixed'],
    ['172.24.4.9', 'floating'],
  ])
  expect([second?.server, looks]).toEqual([bare, [[wired.id]]])
})

const away = (error: Error) => ({
  network: {
    ports: {
      ofServers: async () => {
        throw error
      },
    } as never,
  },
})

test('while the network service cannot be asked, what it said last is shown, and somebody is told', async () => {
  const told: unknown[] = []
  const unheard = (error: Refusal, servers: number) => told.push([error.message, servers])
  const [seen] = await cabling({ ...away(new Refusal('unavailable', 'Nobody answers.')), unheard })([wired, bare])
  expect([seen?.server, told]).toEqual([wired, [['Nobody answers.', 1]]])
  expect((await cabling({ network: undefined, unheard })([wired]))[0]?.server).toEqual(wired)
})

test('a defect of the network service is not taken for its absence', async () => {
  await expect(cabling({ ...away(new TypeError('x is undefined')), unheard })([wired])).rejects.toThrow('x is undefined')
})
