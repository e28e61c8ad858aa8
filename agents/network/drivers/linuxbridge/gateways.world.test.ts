import { afterEach, beforeEach, expect, test } from 'vitest'
import { gatewayDeviceOf, routerNamespaceOf } from '../../contract/names.ts'
import type { RouterGateway, RouterWiring } from '../../contract/router.ts'
import type { HostWiring, NetworkWiring } from '../../contract/wiring.ts'
import { openYard, runIn, until, type Yard, type YardGuest } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, idOf, macOf, subnetIdOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const [inner, first, second] = [aNetwork(60, {}, run), aNetwork(61, {}, run), aNetwork(62, {}, run)]
const open = aGroup(1, [aRule({})], run)
const guestPort = aPort(inner, 11, { securityGroups: [open.id] })
const knownPort = aPort(inner, 12, { securityGroups: [open.id] })
/** What lies outside of either network, where it says whom it was asked by. */
const [firstWorld, secondWorld] = [aPort(first, 99, { hasPortSecurity: false }), aPort(second, 99, { hasPortSecurity: false })]
const id = idOf(0x77, 1, run)
const namespace = routerNamespaceOf(id)

const gatewayOn = (network: NetworkWiring, n: number, third: number): RouterGateway => ({
  portId: idOf(0x78, n, run),
  networkId: network.id,
  macAddress: macOf(0x7800 + n),
  fixedIps: [{ subnetId: subnetIdOf(network), address: `10.0.${third}.5`, prefixLength: 24 }],
  nexthops: [`10.0.${third}.99`],
  hasSnat: true,
})
const [one, two] = [gatewayOn(first, 1, 61), gatewayOn(second, 2, 62)]
const floating = (network: 61 | 62, last: number, guest: number) => ({
  ...{ id: `f${network}${last}`, address: `10.0.${network}.${last}`, fixedAddress: `10.0.60.${guest}` },
  ...(network === 62 && { gatewayPortId: two.portId }),
})
const router: RouterWiring = {
  id,
  projectId: 'p',
  isUp: true,
  interfaces: [
    {
      portId: idOf(0x79, 1, run),
      networkId: inner.id,
      macAddress: macOf(0x7901),
      fixedIps: [{ subnetId: subnetIdOf(inner), address: '10.0.60.1', prefixLength: 24 }],
      subnets: [{ id: subnetIdOf(inner), cidr: '10.0.60.0/24', ipVersion: 4, nameServers: [] }],
    },
  ],
  gateway: one,
  extraGateways: [two],
  floatingIps: [floating(61, 77, 11), floating(62, 77, 11), floating(62, 78, 12)],
  portForwardings: [],
  routes: [{ destination: '203.0.113.0/24', nexthop: '10.0.62.99' }],
}

const wiringOf = (more: Partial<RouterWiring> = {}): HostWiring =>
  aWiring({
    networks: [inner, first, second],
    ports: [guestPort, knownPort, firstWorld, secondWorld],
    securityGroups: [open],
    routers: [{ ...router, ...more }],
  })

/** Both worlds have these, on no network of the router's: who asks from there, or is found there, shows by which gateway packets leave. */
const [beyond, routed] = ['198.51.100.1', '203.0.113.1']

/** Knows nothing but its own network, and says its name to whoever connects. */
async function become(world: YardGuest, name: string): Promise<void> {
  for (const address of [beyond, routed]) await world.run('ip', 'addr', 'add', `${address}/32`, 'dev', 'lo')
  world.begin('busybox', 'nc', '-ll', '-p', '80', '-e', '/bin/echo', name)
  await until(`${name} listens`, async () => (await world.run('ss', '-Hltn', 'sport = :80')) !== '')
}

/** A packet may be lost while a device has just come: who does not answer at once is asked again. */
async function whoIsAt(guest: YardGuest, address: string): Promise<string> {
  let name = ''
  await until(`somebody answers at ${address}`, async () => {
    name = (await guest.run('busybox', 'nc', '-w', '5', address, '80').catch(() => '')).trim()
    return name !== ''
  })
  return name
}

const asksFromBeyond = (world: YardGuest, address: string) =>
  until(`${address} answers`, () =>
    world.run('busybox', 'ping', '-c', '1', '-W', '2', '-I', beyond, address).then(
      () => true,
      () => false,
    ),
  )

test('a router with two gateways leaves by the first, answers by the one that was asked, and lives on with either', async () => {
  const host = await yard.host('r')
  let { driver } = host
  const wire = async (more: Partial<RouterWiring> = {}) => expect((await driver.apply(wiringOf(more))).troubles).toEqual([])
  await wire()
  const [guest, known] = [await host.guest(guestPort), await host.guest(knownPort)]
  const [west, east] = [await host.guest(firstWorld), await host.guest(secondWorld)]
  for (const each of [guest, known]) await each.run('ip', 'route', 'add', 'default', 'via', '10.0.60.1')
  await Promise.all([become(west, 'west'), become(east, 'east')])

  // Each world knows its own network alone: that it answers says under whose address it was asked.
  expect(await whoIsAt(guest, beyond)).toBe('west')
  expect(await whoIsAt(guest, '10.0.62.99')).toBe('east')
  expect(await whoIsAt(guest, routed)).toBe('east')
  expect(await whoIsAt(known, beyond)).toBe('east')
  expect(await whoIsAt(known, '10.0.61.99')).toBe('west')

  for (const address of ['10.0.61.77', '10.0.61.5']) await asksFromBeyond(west, address)
  for (const address of ['10.0.62.77', '10.0.62.78', '10.0.62.5']) await asksFromBeyond(east, address)
  for (const address of ['10.0.61.77', '10.0.62.77']) await until(`${address} answers inside`, () => known.pings(address))

  // A connection outlives the agent, and the gateway that it does not use.
  await guest.listen(22)
  await east.run('ip', 'route', 'add', '10.0.62.77/32', 'dev', 'eth0', 'src', beyond)
  const talk = east.begin('busybox', 'nc', '10.0.62.77', '22')
  let heard = ''
  talk.stdout?.setEncoding('utf8').on('data', text => (heard += text))
  const says = async (word: string) => {
    talk.stdin?.write(`${word}\n`)
    await until(`${word} comes back`, async () => heard.includes(word))
  }
  await says('begun')
  driver = await host.again()
  await wire()
  const { differences, defects } = await driver.observe(wiringOf())
  expect([differences, defects.filter(({ subject }) => subject === id)]).toEqual([[], []])
  await says('restarted')
  const alone = [floating(62, 77, 11), floating(62, 78, 12)].map(({ gatewayPortId: _, ...rest }) => rest)
  await wire({ gateway: two, extraGateways: [], floatingIps: alone })
  await says('alone')
  expect(await whoIsAt(guest, beyond)).toBe('east')
  const routing = async () => (await runIn(namespace, 'ip', 'rule')) + (await runIn(namespace, 'ip', 'route', 'show', 'table', 'all'))
  expect(await routing()).not.toMatch(/fwmark|table \d/)
  expect(await runIn(namespace, 'ip', '-o', 'link')).not.toContain(gatewayDeviceOf(one.portId))

  await wire()
  await wire({ extraGateways: [], floatingIps: [floating(61, 77, 11)], routes: [] })
  await asksFromBeyond(west, '10.0.61.77')
  expect(await whoIsAt(known, beyond)).toBe('west')
  expect(await routing()).not.toMatch(/fwmark|table \d/)
})
