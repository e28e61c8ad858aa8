import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { linkLocalOf, parseAddress, textOf } from '../../contract/addresses.ts'
import type { DhcpWiring, Ipv6Mode } from '../../contract/dhcp.ts'
import type { RouterWiring } from '../../contract/router.ts'
import type { HostWiring, NetworkWiring, PortWiring } from '../../contract/wiring.ts'
import { openYard, until, type Yard, type YardGuest, type YardHost } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, idOf, macOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const open = aGroup(1, [aRule({ etherType: 'IPv6' })], run)
const outer = aNetwork(83, {}, run)
const prefix = (n: number) => `2001:db8:${n}::`
const metadataUrl = 'http://[fe80::a9fe:a9fe%25eth0]/openstack'

/** What a network of one kind of IPv6 is on this host: a guest's port, a leg of the router, a DHCP server. */
interface Kind {
  readonly network: NetworkWiring
  readonly port: PortWiring
  readonly leg: RouterWiring['interfaces'][number]
  readonly dhcp: DhcpWiring
}

/** The address that a guest makes itself from a prefix. */
const selfMade = (n: number, mac: string): string =>
  textOf((parseAddress(prefix(n)) ?? 0n) | ((parseAddress(linkLocalOf(mac)) ?? 0n) & ((1n << 64n) - 1n)), 6)

function kindOf(n: number, mode: Ipv6Mode): Kind {
  const network = aNetwork(n, { mtu: 1400 }, run)
  const bare = aPort(network, 11, { securityGroups: [open.id] })
  const subnetId = idOf(0x56, n, run)
  const fixed = (address: string) => ({ subnetId, address, prefixLength: 64 })
  const port = { ...bare, fixedIps: [fixed(mode === 'dhcpv6-stateful' ? `${prefix(n)}11` : selfMade(n, bare.macAddress))] }
  const nameServers = [`${prefix(n)}53`]
  const subnet = { id: subnetId, cidr: `${prefix(n)}/64`, ipVersion: 6 as const, nameServers, ipv6RaMode: mode }
  const server = aPort(network, 2)
  return {
    network,
    port,
    leg: {
      portId: idOf(0x79, n, run),
      networkId: network.id,
      macAddress: macOf(0x7900 + n),
      fixedIps: [fixed(`${prefix(n)}1`)],
      subnets: [subnet],
    },
    dhcp: {
      networkId: network.id,
      port: { id: server.id, macAddress: server.macAddress, fixedIps: [fixed(`${prefix(n)}2`)] },
      domain: 'openstacklocal',
      subnets: [
        {
          ...subnet,
          isDhcpOn: true,
          gateway: `${prefix(n)}1`,
          hostRoutes: [],
          ipv6AddressMode: mode,
          hasRouter: true,
          dhcpAddresses: [`${prefix(n)}2`],
        },
      ],
      hosts: [{ portId: port.id, macAddress: port.macAddress, fixedIps: port.fixedIps, options: [] }],
    },
  }
}

const [slaac, stateful, stateless] = [kindOf(80, 'slaac'), kindOf(81, 'dhcpv6-stateful'), kindOf(82, 'dhcpv6-stateless')]
const kinds = [slaac, stateful, stateless]
const worldPort = {
  ...aPort(outer, 99, { hasPortSecurity: false }),
  fixedIps: [{ subnetId: 's', address: `${prefix(83)}99`, prefixLength: 64 }],
}

const router: RouterWiring = {
  id: idOf(0x77, 80, run),
  projectId: 'p',
  isUp: true,
  interfaces: kinds.map(({ leg }) => leg),
  gateway: {
    portId: idOf(0x78, 80, run),
    networkId: outer.id,
    macAddress: macOf(0x7880),
    fixedIps: [{ subnetId: 's', address: `${prefix(83)}5`, prefixLength: 64 }],
    nexthops: [`${prefix(83)}99`],
    hasSnat: true,
  },
  floatingIps: [],
  portForwardings: [],
  routes: [],
}

const instanceOf = ({ port }: Kind) => ({
  addresses: port.fixedIps.map(({ address }) => address),
  macAddress: port.macAddress,
  instanceId: port.deviceId,
  projectId: 'p',
})

const wiringOf = (more: Partial<HostWiring> = {}): HostWiring =>
  aWiring({
    networks: [...kinds.map(({ network }) => network), outer],
    ports: [...kinds.map(({ port }) => port), worldPort],
    securityGroups: [open],
    dhcp: kinds.map(({ dhcp }) => dhcp),
    routers: [router],
    metadata: kinds.map(kind => ({ networkId: kind.network.id, instances: [instanceOf(kind)] })),
    ...more,
  })

/** Stands for the metadata service: says for whom it was asked. */
async function aDoor() {
  const server = createServer((request, answer) => answer.end(`${request.headers['x-instance-id']}`))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => void server.close(() => resolve())))
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port, sharedSecret: 'oldboy' }
}

async function scene(wiring: HostWiring) {
  const host = await yard.host('s', {}, await aDoor())
  const wire = async (now: HostWiring) => expect((await host.driver.apply(now)).troubles).toEqual([])
  await wire(wiring)
  const guest = async ({ port }: Kind) => {
    const made = await host.guest(port, { addresses: [] })
    await until('its link has an address', async () =>
      /fe80(?!.*tentative)/.test(await made.run('ip', '-o', '-6', 'addr', 'show', 'dev', 'eth0')),
    )
    return made
  }
  return { host, wire, guest }
}

const addressesOf = (guest: YardGuest) => guest.run('ip', '-o', '-6', 'addr', 'show', 'dev', 'eth0', 'scope', 'global')

/** What a DHCPv6 client is told, by the names it gives to its script. */
async function told(host: YardHost, guest: YardGuest, ...how: string[]): Promise<string> {
  const files = `${host.stateDir}/dhclient-${guest.namespace}`
  await writeFile(
    `${files}.sh`,
    '#!/bin/sh\nenv | grep ^new_ >> $0.told\n[ -n "$new_ip6_address" ] && ip addr add $new_ip6_address/128 dev eth0 nodad\nexit 0\n',
    { mode: 0o755 },
  )
  const client = guest.begin('dhclient', '-6', '-d', ...how, '-sf', `${files}.sh`, '-lf', `${files}.leases`, '-pf', `${files}.pid`, 'eth0')
  const words = () => guest.run('cat', `${files}.sh.told`).catch(() => '')
  await until('the client was told something', async () => (await words()).includes('name_servers'))
  client.kill('SIGKILL')
  return words()
}

test('a guest makes itself an address, and finds names, size and the way out in what the router says', async () => {
  const { guest, host, wire } = await scene(wiringOf())
  const one = await guest(slaac)
  const world = await host.guest(worldPort)
  await world.run('ip', '-6', 'route', 'add', 'default', 'via', `${prefix(83)}5`)
  await until('an address came', async () => (await addressesOf(one)).includes(slaac.port.fixedIps[0]?.address ?? '?'))
  expect(await one.run('ip', '-6', 'route')).toContain(`default via ${linkLocalOf(slaac.leg.macAddress)} dev eth0 proto ra`)
  expect((await one.run('sysctl', '-n', 'net.ipv6.conf.eth0.mtu')).trim()).toBe('1400')
  await until('the world is reached', () => one.pings(`${prefix(83)}99`))
  expect(await world.pings(slaac.port.fixedIps[0]?.address ?? '')).toBe(true)
  await wire(wiringOf({ securityGroups: [aGroup(1, [], run)] }))
  expect(await one.pings(`${prefix(83)}99`)).toBe(true)
  expect(await world.pings(slaac.port.fixedIps[0]?.address ?? '')).toBe(false)
})

test('DHCPv6 gives out addresses where it is to, names elsewhere, and none where guests make their own', async () => {
  const { guest, host } = await scene(wiringOf())
  const [two, three] = [await guest(stateful), await guest(stateless)]
  const [given, named] = await Promise.all([told(host, two), told(host, three, '-S')])
  expect(given).toContain(`new_ip6_address=${prefix(81)}11\n`)
  expect(given).toContain(`new_dhcp6_name_servers=${prefix(81)}53\n`)
  expect(given).toMatch(/new_dhcp6_domain_search=openstacklocal/)
  expect(named).toContain(`new_dhcp6_name_servers=${prefix(82)}53\n`)
  expect(named).not.toContain('new_ip6_address')
  expect(await addressesOf(two)).not.toContain(selfMade(81, stateful.port.macAddress))
  await until('an address came', async () => (await addressesOf(three)).includes(stateless.port.fixedIps[0]?.address ?? '?'))
  await until('networks reach each other', () => three.pings(`${prefix(81)}11`))
})

test('metadata is asked for over IPv6 alone, through a router and where there is none', async () => {
  const { guest } = await scene(wiringOf())
  const one = await guest(slaac)
  const ask = (from: YardGuest) => from.run('curl', '-sS', '-m', '5', '-g', metadataUrl)
  expect(await ask(one)).toBe(slaac.port.deviceId)
  await until('an address came', async () => (await addressesOf(one)).includes(slaac.port.fixedIps[0]?.address ?? '?'))
  expect(await ask(one)).toBe(slaac.port.deviceId)
  await expect(one.run('curl', '-sS', '-m', '2', '-g', `http://[${prefix(80)}1]:9697/`)).rejects.toThrow()
})

test('an isolated network has metadata over IPv6 from its DHCP server', async () => {
  const alone = { ...stateful.dhcp, subnets: stateful.dhcp.subnets.map(subnet => ({ ...subnet, hasRouter: false })) }
  const { guest } = await scene(wiringOf({ routers: [], dhcp: [alone] }))
  const two = await guest(stateful)
  expect(await two.run('curl', '-sS', '-m', '5', '-g', metadataUrl)).toBe(stateful.port.deviceId)
})
