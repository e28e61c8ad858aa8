import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HostWiring } from '../../contract/wiring.ts'
import { openYard, type Yard } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, dhcpFor, idOf, macOf, subnetIdOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const inner = aNetwork(60, { segment: { type: 'vxlan', vni: 60, peers: [{ tunnelIp: '192.0.2.2', macAddresses: [macOf(0x6001)] }] } }, run)
const outer = aNetwork(61, {}, run)
const set = idOf(0x5a, 1, run)
/** Rules of every kind: programs spell some of them otherwise than we do. */
const group = aGroup(
  1,
  [
    aRule({ protocol: 'tcp', portMin: 22, portMax: 22 }),
    aRule({ protocol: 'udp', portMin: 1, portMax: 65_535, remoteCidr: '10.0.0.0/8' }),
    aRule({ protocol: 'icmp', portMin: 8, portMax: 0 }),
    aRule({ protocol: 'icmp' }),
    aRule({ protocol: 'sctp', portMin: 5, portMax: 6 }),
    aRule({ protocol: 'dccp', portMin: 4, portMax: 4, remoteCidr: '10.1.2.3/32' }),
    aRule({ protocol: 'udplite', portMin: 4, portMax: 9 }),
    ...['ah', 'egp', 'esp', 'gre', 'igmp', 'ipip', 'ospf', 'pgm', 'rsvp', 'vrrp', '99', 'ipv6-encap'].map(protocol => aRule({ protocol })),
    ...['icmpv6', 'ipv6-frag', 'ipv6-nonxt', 'ipv6-opts', 'ipv6-route'].map(protocol => aRule({ protocol, etherType: 'IPv6' })),
    aRule({ protocol: 'icmpv6', portMin: 128, etherType: 'IPv6' }),
    aRule({ protocol: 'tcp', portMin: 80, portMax: 80, remoteCidr: '2001:db8::/64', etherType: 'IPv6' }),
    aRule({ remoteSet: set }),
    aRule({ remoteSet: set, etherType: 'IPv6' }),
  ],
  run,
)
const guest = aPort(inner, 11, {
  securityGroups: [group.id],
  fixedIps: [...aPort(inner, 11).fixedIps, { subnetId: 's6', address: '2001:db8::11', prefixLength: 64 }],
  allowedAddressPairs: [
    { ipAddress: '10.9.0.0/16', macAddress: macOf(0x6077) },
    { ipAddress: '2001:db8:1::5', macAddress: macOf(0x6078) },
  ],
})
const open = aPort(inner, 12, { hasPortSecurity: false })
const plain = aPort(outer, 13, { isUp: false })

const router = {
  id: idOf(0x77, 60, run),
  projectId: 'p',
  isUp: true,
  interfaces: [
    {
      portId: idOf(0x79, 60, run),
      networkId: inner.id,
      macAddress: macOf(0x7960),
      fixedIps: [
        { subnetId: subnetIdOf(inner), address: '10.0.60.1', prefixLength: 24 },
        { subnetId: 's6', address: '2001:db8::1', prefixLength: 64 },
      ],
      subnets: [
        { id: subnetIdOf(inner), cidr: '10.0.60.0/24', ipVersion: 4 as const, nameServers: [] },
        { id: 's6', cidr: '2001:db8::/64', ipVersion: 6 as const, nameServers: ['2001:db8::53'], ipv6RaMode: 'slaac' as const },
      ],
    },
  ],
  gateway: {
    portId: idOf(0x78, 60, run),
    networkId: outer.id,
    macAddress: macOf(0x7860),
    fixedIps: [{ subnetId: subnetIdOf(outer), address: '10.0.61.5', prefixLength: 24 }],
    nexthops: ['10.0.61.99'],
    hasSnat: true,
  },
  floatingIps: [{ id: 'f', address: '10.0.61.77', fixedAddress: '10.0.60.11' }],
  portForwardings: [
    {
      id: 'one',
      floatingAddress: '10.0.61.78',
      protocol: 'tcp' as const,
      externalPort: 80,
      internalAddress: '10.0.60.11',
      internalPort: 8080,
    },
    {
      ...{ id: 'some', floatingAddress: '10.0.61.78', protocol: 'udp' as const, internalAddress: '10.0.60.11' },
      ...{ externalPort: [1000, 1009] as const, internalPort: [2000, 2009] as const },
    },
  ],
  routes: [{ destination: '10.50.0.0/16', nexthop: '10.0.60.50' }],
}

const wiring: HostWiring = aWiring({
  networks: [inner, outer],
  ports: [guest, open, plain],
  securityGroups: [group, { ...aGroup(2, [aRule({})], run), isStateful: false }],
  addressSets: [{ id: set, addresses: ['10.0.60.5', '2001:db8::77', '0.0.0.0/0'] }],
  dhcp: [dhcpFor(inner, [guest, open], { hasRouter: true }), dhcpFor(outer, [plain])],
  routers: [router],
  metadata: [inner, outer].map(({ id }) => ({
    networkId: id,
    instances: [{ addresses: ['10.0.60.11'], macAddress: 'fa:16:3e:00:1e:0b', instanceId: idOf(0xda, 60), projectId: 'p' }],
  })),
})

const tunnelEnd = ['link', 'add', 'name', 'under', 'mtu', '1600', 'type', 'bridge'] as const

test('on a host that was wired as it is to be, nothing is amiss, whoever looks', async () => {
  const host = await yard.host('d', { tunnelIp: '192.0.2.1', hasVlans: true })
  await host.run('ip', ...tunnelEnd)
  await host.run('ip', 'addr', 'add', '192.0.2.1/24', 'dev', 'under')
  await host.run('ip', 'link', 'set', 'dev', 'under', 'up')
  expect((await host.driver.apply(wiring)).troubles).toEqual([])
  for (const port of [guest, open, plain]) await host.guest(port, { addresses: [] })
  await host.driver.apply(wiring)
  expect((await host.driver.observe(wiring)).defects).toEqual([])
  const newcomer = await host.newcomer()
  expect((await newcomer.observe(wiring)).defects).toEqual([])
})
