import { expect, test } from 'vitest'
import { wiringBetween } from './difference.ts'
import { dhcpPortPlan } from './dhcp-ports.ts'
import type { Landscape, WiredPort, WiredRouter, WiredSubnet } from './landscape.ts'
import { bareLandscape } from './landscape.ts'
import { routerPortPlan } from './router-ports.ts'
import { sightOf } from './sight.ts'
import { hostWiring } from './wiring.ts'

const byId = <T extends { readonly id: string }>(things: readonly T[]) => new Map(things.map(thing => [thing.id, thing]))

const network = (id: string, more = {}) => ({
  id,
  adminStateUp: true,
  mtu: 1450,
  dnsDomain: '',
  networkType: 'vxlan',
  physicalNetwork: null,
  segmentationId: 7,
  elsewhere: [],
  qosPolicyId: null,
  ...more,
})

const subnet = (id: string, networkId: string, more: Partial<WiredSubnet> = {}): WiredSubnet => ({
  id,
  networkId,
  projectId: 'p',
  ipVersion: 4,
  cidr: '10.0.0.0/24',
  gatewayIp: '10.0.0.1',
  enableDhcp: true,
  ipv6RaMode: null,
  ipv6AddressMode: null,
  dnsNameservers: [],
  hostRoutes: [],
  ...more,
})

const port = (id: string, host: string, more: Partial<WiredPort> = {}): WiredPort => ({
  id,
  projectId: 'p',
  networkId: 'net',
  macAddress: `fa:16:3e:00:00:${id.padStart(2, '0')}`,
  adminStateUp: true,
  status: 'DOWN',
  deviceId: `server-${id}`,
  deviceOwner: 'compute:nova',
  portSecurityEnabled: true,
  allowedAddressPairs: [],
  extraDhcpOpts: [],
  fixedIps: [{ subnetId: 'sub', ipAddress: `10.0.0.${id}` }],
  securityGroups: ['group'],
  bindingHostId: host,
  bindingVifType: 'bridge',
  parent: null,
  dnsName: '',
  qosPolicyId: null,
  ...more,
})

const router = (id: string, more: Partial<WiredRouter> = {}): WiredRouter => ({
  id,
  projectId: 'p',
  adminStateUp: true,
  qosPolicyId: null,
  extraGateways: [],
  enableSnat: true,
  hosts: ['b'],
  routes: [],
  holds: [],
  trackers: [],
  proxied: [],
  floatingIps: [],
  portForwardings: [],
  ...more,
})

const land = (ports: readonly WiredPort[], more: Partial<Landscape> = {}): Landscape => ({
  ...bareLandscape,
  networks: byId([network('net')]),
  subnets: byId([subnet('sub', 'net')]),
  groups: byId([{ id: 'group', stateful: true }]),
  ports: byId(ports),
  ...more,
})

const hosts = [
  { host: 'a', tunnelIp: '192.0.2.1' },
  { host: 'b', tunnelIp: '192.0.2.2' },
]
const wiringOf = (host: string, scape: Landscape) => hostWiring(host, sightOf(scape, hosts), { domain: 'cloud.local.' })

test('a host is wired for the ports bound to it, and told where the others are', () => {
  const scape = land([port('11', 'a'), port('12', 'b'), port('13', 'b'), port('14', '', { bindingVifType: 'unbound' })])
  const wiring = wiringOf('a', scape)
  expect(wiring.ports.map(({ id }) => id)).toEqual(['11'])
  expect(wiring.ports[0]?.fixedIps).toEqual([{ subnetId: 'sub', address: '10.0.0.11', prefixLength: 24 }])
  expect(wiring.networks).toEqual([
    {
      id: 'net',
      mtu: 1450,
      segment: { type: 'vxlan', vni: 7, peers: [{ tunnelIp: '192.0.2.2', macAddresses: ['fa:16:3e:00:00:12', 'fa:16:3e:00:00:13'] }] },
    },
  ])
  expect(wiringOf('c', scape)).toEqual(wiringOf('c', bareLandscape))
})

test('a rule for a group names a set of its members’ addresses and what else they may use', () => {
  const rule = {
    id: 'r1',
    securityGroupId: 'group',
    direction: 'ingress' as const,
    ethertype: 'IPv4' as const,
    protocol: 'tcp',
    portRangeMin: 22,
    portRangeMax: 22,
    remoteIpPrefix: null,
    remoteGroupId: 'friends',
    remoteAddressGroupId: null,
  }
  const friend = port('20', 'b', {
    securityGroups: ['friends'],
    allowedAddressPairs: [{ ipAddress: '10.9.0.0/16', macAddress: 'fa:16:3e:00:00:20' }],
  })
  const wiring = wiringOf('a', land([port('11', 'a'), friend], { rules: byId([rule]) }))
  expect(wiring.securityGroups).toEqual([
    {
      id: 'group',
      isStateful: true,
      rules: [{ id: 'r1', direction: 'ingress', etherType: 'IPv4', protocol: 'tcp', portMin: 22, portMax: 22, remoteSet: 'friends' }],
    },
  ])
  expect(wiring.addressSets).toEqual([{ id: 'friends', addresses: ['10.0.0.20', '10.9.0.0/16'] }])
})

test('a port is as fast as its policy says, or else its network’s', () => {
  const none = { maxKbps: 0, maxBurstKbits: 0, maxKpps: 0, maxBurstKpps: 0, dscpMark: 0 }
  const limit = (id: string, policyId: string, maxKbps: number) => ({
    ...{ ...none, id, policyId, ruleType: 'bandwidth_limit', direction: 'egress' as const, maxKbps },
  })
  const mark = { ...none, id: 'l3', policyId: 'own', ruleType: 'dscp_marking', direction: 'egress' as const, dscpMark: 26 }
  const rate = { ...none, id: 'l4', policyId: 'own', ruleType: 'packet_rate_limit', direction: 'ingress' as const, maxKpps: 5 }
  const limits = byId([limit('l1', 'own', 100), limit('l2', 'net', 200), mark, rate])
  const networks = byId([network('net', { qosPolicyId: 'net' })])
  const { ports } = wiringOf('a', land([port('11', 'a', { qosPolicyId: 'own' }), port('12', 'a')], { limits, networks }))
  expect(ports.map(({ bandwidth }) => bandwidth?.[0]?.maxKbps)).toEqual([100, 200])
  expect(ports.map(({ dscpMark }) => dscpMark)).toEqual([26, undefined])
  expect(ports[0]?.packetRates).toEqual([{ direction: 'ingress', maxKpps: 5, maxBurstKpps: 0 }])
})

test('a router is told how fast its floating IPs and those of no floating IP may be outside', () => {
  const limit = (id: string, policyId: string, maxKbps: number) => ({
    ...{ id, policyId, ruleType: 'bandwidth_limit', direction: 'egress' as const, maxKbps, maxBurstKbits: 0 },
    ...{ maxKpps: 0, maxBurstKpps: 0, dscpMark: 0 },
  })
  const gateway = port('5', 'b', { networkId: 'ext', deviceOwner: 'network:router_gateway', deviceId: 'r' })
  const floating = { id: 'f', networkId: 'ext', address: '192.0.2.9', fixedAddress: '10.0.0.11', isActive: false, qosPolicyId: 'slow' }
  const scape = (limits: readonly ReturnType<typeof limit>[]) =>
    land([gateway], {
      networks: byId([network('net'), network('ext')]),
      limits: byId(limits),
      routers: byId([router('r', { qosPolicyId: 'slower', floatingIps: [floating, { ...floating, id: 'g', qosPolicyId: null }] })]),
    })
  const told = (...limits: readonly ReturnType<typeof limit>[]) => {
    const [one] = wiringOf('b', scape(limits)).routers
    return [one?.gateway, ...(one?.floatingIps ?? [])].map(each => each?.bandwidth)
  }
  const kbps = (maxKbps: number) => [{ direction: 'egress', maxKbps, maxBurstKbits: 0 }]
  expect(told(limit('1', 'slow', 500), limit('2', 'slower', 100))).toEqual([kbps(100), kbps(500), undefined])
  expect(told(limit('3', 'another', 7))).toEqual([undefined, undefined, undefined])
})

test('DHCP is served under its port for every guest of the network, wherever it runs', () => {
  const server = port('2', 'a', { deviceOwner: 'network:dhcp' })
  const leg = port('1', 'b', { deviceOwner: 'network:router_interface', deviceId: 'r' })
  const { dhcp, metadata, ports } = wiringOf('a', land([server, leg, port('11', 'b', { dnsName: 'web' }), port('12', 'c')]))
  expect(ports).toEqual([])
  expect(dhcp[0]).toMatchObject({
    networkId: 'net',
    domain: 'cloud.local',
    subnets: [{ hasRouter: true, gateway: '10.0.0.1', dhcpAddresses: ['10.0.0.2'] }],
  })
  expect(dhcp[0]?.hosts.map(({ dnsName }) => dnsName)).toEqual(['web', undefined])
  expect(metadata).toEqual([
    {
      networkId: 'net',
      instances: [
        { addresses: ['10.0.0.11'], macAddress: 'fa:16:3e:00:00:11', instanceId: 'server-11', projectId: 'p' },
        { addresses: ['10.0.0.12'], macAddress: 'fa:16:3e:00:00:12', instanceId: 'server-12', projectId: 'p' },
      ],
    },
  ])
})

test('a router is wired where it is given to, with its networks and its way out', () => {
  const legs = [
    port('1', 'b', { deviceOwner: 'network:router_interface', deviceId: 'r' }),
    port('5', 'b', {
      networkId: 'ext',
      deviceOwner: 'network:router_gateway',
      deviceId: 'r',
      fixedIps: [{ subnetId: 'out', ipAddress: '192.0.2.5' }],
    }),
  ]
  const floatingIps = [{ id: 'f', address: '192.0.2.9', fixedAddress: '10.0.0.11' }]
  const scape = land([...legs, port('11', 'a')], {
    networks: byId([network('net'), network('ext', { networkType: 'flat', physicalNetwork: 'provider' })]),
    subnets: byId([subnet('sub', 'net'), subnet('out', 'ext', { cidr: '192.0.2.0/24', gatewayIp: '192.0.2.1', enableDhcp: false })]),
    routers: byId([
      router('r', { floatingIps: floatingIps.map(one => ({ ...one, networkId: 'ext', qosPolicyId: null, isActive: false })) }),
    ]),
  })
  expect(wiringOf('a', scape).routers).toEqual([])
  const { routers, networks } = wiringOf('b', scape)
  expect(networks.map(({ id, segment }) => [id, segment.type])).toEqual([
    ['ext', 'flat'],
    ['net', 'vxlan'],
  ])
  expect(routers).toMatchObject([
    {
      id: 'r',
      isUp: true,
      interfaces: [{ portId: '1', fixedIps: [{ address: '10.0.0.1', prefixLength: 24 }] }],
      gateway: { portId: '5', nexthops: ['192.0.2.1'], hasSnat: true },
      floatingIps,
    },
  ])
})

test('a router with several ways out is told each, and which of them answers for a floating IP', () => {
  const gateway = (id: string, networkId: string, ipAddress: string) =>
    port(id, 'b', {
      ...{ networkId, deviceOwner: 'network:router_gateway', deviceId: 'r' },
      fixedIps: [{ subnetId: `sub-${networkId}`, ipAddress }],
    })
  const outer = (id: string, third: number) =>
    subnet(`sub-${id}`, id, { cidr: `192.0.${third}.0/24`, gatewayIp: `192.0.${third}.1`, enableDhcp: false })
  const floating = (id: string, networkId: string, address: string, qosPolicyId: string | null = null) => ({
    ...{ id, networkId, address, fixedAddress: '10.0.0.11', qosPolicyId, isActive: false },
  })
  const forwarding = { id: 'p', networkId: 'far', floatingAddress: '192.0.3.8', protocol: 'tcp', internalAddress: '10.0.0.11' }
  const scape = land([gateway('7', 'far', '192.0.3.5'), gateway('6', 'ext', '192.0.2.6'), gateway('5', 'ext', '192.0.2.5')], {
    networks: byId([network('net'), network('ext'), network('far')]),
    subnets: byId([outer('ext', 2), outer('far', 3)]),
    routers: byId([
      router('r', {
        extraGateways: [
          { portId: '7', enableSnat: false, qosPolicyId: 'slow' },
          { portId: '6', enableSnat: true, qosPolicyId: null },
        ],
        floatingIps: [floating('f', 'ext', '192.0.2.9'), floating('g', 'far', '192.0.3.9')],
        portForwardings: [{ ...forwarding, externalPort: 22, internalPort: 22 }],
      }),
    ]),
  })
  expect(wiringOf('b', scape).routers).toMatchObject([
    {
      gateway: { portId: '5', nexthops: ['192.0.2.1'], hasSnat: true },
      extraGateways: [
        { portId: '7', networkId: 'far', nexthops: ['192.0.3.1'], hasSnat: false, fixedIps: [{ address: '192.0.3.5', prefixLength: 24 }] },
        { portId: '6', networkId: 'ext', nexthops: ['192.0.2.1'], hasSnat: true },
      ],
      floatingIps: [
        { id: 'f', address: '192.0.2.9', fixedAddress: '10.0.0.11' },
        { id: 'g', address: '192.0.3.9', fixedAddress: '10.0.0.11', gatewayPortId: '7' },
      ],
      portForwardings: [{ id: 'p', gatewayPortId: '7' }],
    },
  ])
  expect(wiringOf('b', scape).networks.map(({ id }) => id)).toEqual(['ext', 'far'])
})

test('a DHCP server is placed on the living host with the fewest, stays there, and moves when it dies', () => {
  const two = { networks: byId([network('net'), network('other')]), subnets: byId([subnet('sub', 'net'), subnet('sub2', 'other')]) }
  const planOf = (ports: readonly WiredPort[], living: readonly string[]) => dhcpPortPlan(sightOf(land(ports, two), hosts), living)
  expect(planOf([], ['b', 'a']).make.map(({ networkId, host }) => [networkId, host])).toEqual([
    ['net', 'a'],
    ['other', 'b'],
  ])
  const there = port('2', 'a', { deviceOwner: 'network:dhcp' })
  expect(planOf([there], ['a', 'b'])).toMatchObject({ make: [{ networkId: 'other', host: 'b' }], change: [], remove: [] })
  expect(planOf([there], ['b']).change).toEqual([{ portId: '2', networkId: 'net', host: 'b', subnetIds: ['sub'] }])
  expect(planOf([there], [])).toEqual({ make: [], change: [], remove: [] })
  expect(dhcpPortPlan(sightOf(land([there], { subnets: new Map() }), hosts), ['a']).remove).toMatchObject([{ portId: '2' }])
})

test('a router’s ports are bound where it is', () => {
  const legs = [
    port('1', '', { deviceOwner: 'network:router_interface', deviceId: 'r' }),
    port('3', 'b', { deviceOwner: 'network:router_gateway', deviceId: 'r' }),
  ]
  expect(routerPortPlan(sightOf(land(legs, { routers: byId([router('r')]) }), hosts)).bind).toEqual([
    { routerId: 'r', portId: '1', host: 'b' },
  ])
})

test('of a network of several racks a host is told the stretch that it is connected to', () => {
  const stretch = (physicalNetwork: string, segmentationId: number) => ({ networkType: 'vlan', physicalNetwork, segmentationId })
  const networks = byId([network('net', { ...stretch('rack1', 100), elsewhere: [stretch('rack2', 200)] })])
  const racked = [
    { host: 'a', physicalNetworks: ['rack1'] },
    { host: 'b', physicalNetworks: ['rack2', 'other'] },
  ]
  const sight = sightOf(land([port('11', 'a'), port('12', 'b')], { networks }), racked)
  const segments = ['a', 'b'].map(host => hostWiring(host, sight, { domain: '' }).networks[0]?.segment)
  expect(segments).toEqual([
    { type: 'vlan', physicalNetwork: 'rack1', vlanId: 100 },
    { type: 'vlan', physicalNetwork: 'rack2', vlanId: 200 },
  ])
})

test('a port inside of a trunk is told with the cable that it is on', () => {
  const inside = port('12', 'a', { deviceOwner: 'trunk:subport', parent: { portId: '11', vlanId: 20 } })
  const { ports } = wiringOf('a', land([port('11', 'a'), inside]))
  expect(ports.map(({ parent }) => parent)).toEqual([undefined, { portId: '11', vlanId: 20 }])
})

test('a port is told which of its traffic is written down', () => {
  const log = (id: string, more: object) => ({
    ...{ id, projectId: 'p', resourceId: null, targetId: null, event: 'ALL' as const, enabled: true },
    ...more,
  })
  const all = [
    log('1', { event: 'DROP' }),
    log('2', { targetId: '12', resourceId: 'group' }),
    log('3', { enabled: false }),
    log('4', { projectId: 'q' }),
  ]
  const { ports } = wiringOf('a', land([port('11', 'a'), port('12', 'a')], { logs: byId(all) }))
  const drops = { id: '1', accepts: false, drops: true }
  expect(ports.map(({ logs }) => logs)).toEqual([[drops], [drops, { id: '2', accepts: true, drops: true, groupId: 'group' }]])
})

test('a router is told what it looks into and whom it answers for', () => {
  const trackers = [{ protocol: 'udp', port: 69, name: 'tftp' }]
  const routers = byId([router('r', { trackers, proxied: ['2001:db8::5'] })])
  expect(wiringOf('b', land([], { routers })).routers).toMatchObject([{ trackers, proxied: ['2001:db8::5'] }])
})

test('between two wirings lies what was put and what is gone', () => {
  const before = wiringOf('a', land([port('11', 'a'), port('12', 'a')]))
  const after = wiringOf('a', land([port('11', 'a', { adminStateUp: false }), port('13', 'a')]))
  expect(wiringBetween(before, before)).toBeUndefined()
  const change = wiringBetween(before, after)
  expect(change?.put.ports?.map(({ id }) => id)).toEqual(['11', '13'])
  expect(change?.gone).toEqual({ ports: ['12'] })
  expect(Object.keys(change?.put ?? {})).toEqual(['ports'])
})
