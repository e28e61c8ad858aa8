import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import { expect, test } from 'vitest'
import { cablesOfPorts, netmaskOf } from '../metadata-service.ts'
import { networkDocument } from './network.ts'

const subnet = {
  id: 's',
  cidr: '10.9.0.0/24',
  version: 4,
  gateway: '10.9.0.1',
  dns: ['9.9.9.9'],
  hasDhcp: false,
  ipv6AddressMode: null,
} as const
const port: ServerPort = {
  ...{
    id: 'ce1fbb3b-6e3a',
    serverId: 'x',
    projectId: 'p',
    networkId: 'n1',
    networkName: 'flat',
    macAddress: 'fa:16:3e:00:00:01',
    mtu: 1450,
  },
  ...{ status: 'ACTIVE', isUp: true, host: 'h', vnicType: 'normal', vifType: 'bridge', tapName: 'tapce1fbb3b-6e', bridgeName: 'brqn1' },
  ...{ isPreserved: false, hasPortSecurity: true, securityGroups: [], tag: undefined },
  addresses: [
    {
      address: '10.9.0.5',
      version: 4,
      floating: ['172.24.4.9'],
      subnet: { ...subnet, routes: [{ destination: '10.99.0.0/16', nexthop: '10.9.0.7' }] },
    },
    {
      address: 'fd00::5',
      version: 6,
      floating: [],
      subnet: { ...subnet, cidr: 'fd00::/64', version: 6, gateway: 'fd00::1', dns: [], routes: [] },
    },
  ],
}

test('a guest without DHCP is told its addresses, ways and name servers', () => {
  expect(networkDocument({ cables: cablesOfPorts([port]) })).toEqual({
    links: [{ id: 'tapce1fbb3b-6e', vif_id: 'ce1fbb3b-6e3a', type: 'bridge', mtu: 1450, ethernet_mac_address: 'fa:16:3e:00:00:01' }],
    networks: [
      {
        ...{ id: 'network0', type: 'ipv4', link: 'tapce1fbb3b-6e', network_id: 'n1', ip_address: '10.9.0.5', netmask: '255.255.255.0' },
        routes: [
          { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.9.0.1' },
          { network: '10.99.0.0', netmask: '255.255.0.0', gateway: '10.9.0.7' },
        ],
        services: [{ type: 'dns', address: '9.9.9.9' }],
      },
      {
        ...{
          id: 'network1',
          type: 'ipv6',
          link: 'tapce1fbb3b-6e',
          network_id: 'n1',
          ip_address: 'fd00::5',
          netmask: 'ffff:ffff:ffff:ffff::',
        },
        ...{ routes: [{ network: '::', netmask: '::', gateway: 'fd00::1' }], services: [] },
      },
    ],
    services: [{ type: 'dns', address: '9.9.9.9' }],
  })
})

test('with DHCP a guest asks there, and learns its MTU there', () => {
  const asking = { ...port, addresses: port.addresses.slice(0, 1).map(one => ({ ...one, subnet: { ...one.subnet, hasDhcp: true } })) }
  expect(networkDocument({ cables: cablesOfPorts([asking]) })).toMatchObject({
    links: [{ mtu: null }],
    networks: [{ id: 'network0', type: 'ipv4_dhcp', link: 'tapce1fbb3b-6e', network_id: 'n1' }],
  })
})

test('a prefix is a mask', () => {
  expect(['0.0.0.0/0', '10.0.0.0/9', '1.2.3.4/32'].map(cidr => netmaskOf(cidr, 4))).toEqual(['0.0.0.0', '255.128.0.0', '255.255.255.255'])
  expect(['::/0', 'fd00::/20', 'fd00::1/128'].map(cidr => netmaskOf(cidr, 6))).toEqual([
    '::',
    'ffff:f000::',
    Array(8).fill('ffff').join(':'),
  ])
})
