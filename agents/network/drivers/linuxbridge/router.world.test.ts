import { afterEach, beforeEach, expect, test } from 'vitest'
import { routerNamespaceOf } from '../../contract/names.ts'
import type { RouterWiring } from '../../contract/router.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import { openYard, runIn, until, type Yard } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, idOf, macOf, subnetIdOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const [inner, outer] = [aNetwork(50, {}, run), aNetwork(51, {}, run)]
const open = aGroup(1, [aRule({}), aRule({ etherType: 'IPv6' })], run)
const guestPort = aPort(inner, 11, { securityGroups: [open.id] })
/** Stands for the world outside: it knows the outer network alone. */
const worldPort = aPort(outer, 99, { hasPortSecurity: false })
const id = idOf(0x77, 1, run)
const namespace = routerNamespaceOf(id)

const gateway: NonNullable<RouterWiring['gateway']> = {
  portId: idOf(0x78, 1, run),
  networkId: outer.id,
  macAddress: macOf(0x7801),
  fixedIps: [{ subnetId: subnetIdOf(outer), address: '10.0.51.5', prefixLength: 24 }],
  nexthops: ['10.0.51.99'],
  hasSnat: true,
}
const inside: RouterWiring['interfaces'][number] = {
  portId: idOf(0x79, 1, run),
  networkId: inner.id,
  macAddress: macOf(0x7901),
  fixedIps: [{ subnetId: subnetIdOf(inner), address: '10.0.50.1', prefixLength: 24 }],
  subnets: [{ id: subnetIdOf(inner), cidr: '10.0.50.0/24', ipVersion: 4, nameServers: [] }],
}
const router: RouterWiring = {
  id,
  projectId: 'p',
  isUp: true,
  interfaces: [inside],
  gateway,
  floatingIps: [],
  portForwardings: [],
  routes: [],
}

/** Somebody else's: a guest that asks is told that there is nothing for it. */
const metadata = [
  {
    networkId: inner.id,
    instances: [{ addresses: ['10.0.50.99'], macAddress: 'fa:16:3e:00:1e:0b', instanceId: idOf(0xda, 99), projectId: 'p' }],
  },
]

const wiringOf = (more: Partial<RouterWiring> = {}, rest: Partial<HostWiring> = {}): HostWiring =>
  aWiring({
    networks: [inner, outer],
    ports: [guestPort, worldPort],
    securityGroups: [open],
    routers: [{ ...router, ...more }],
    metadata,
    ...rest,
  })

async function scene(more: Partial<RouterWiring> = {}, rest: Partial<HostWiring> = {}) {
  const host = await yard.host('r')
  const wire = async (wiring: HostWiring) => {
    expect((await host.driver.apply(wiring)).troubles).toEqual([])
  }
  await wire(wiringOf(more, rest))
  const [guest, world] = [await host.guest(guestPort), await host.guest(worldPort)]
  await guest.run('ip', 'route', 'add', 'default', 'via', '10.0.50.1')
  return { host, wire, guest, world }
}

test('guests go out under the router’s address, and nobody comes in', async () => {
  const { guest, world, host, wire } = await scene()
  await until('an answer comes', () => guest.pings('10.0.51.99'))
  await world.run('ip', 'route', 'add', '10.0.50.0/24', 'via', '10.0.51.5')
  expect(await host.driver.apply(wiringOf())).toMatchObject({ changes: 0 })
  await wire(wiringOf({ gateway: { ...gateway, hasSnat: false } }))
  await until('an answer comes', () => guest.pings('10.0.51.99'))
  await world.run('ip', 'route', 'del', '10.0.50.0/24')
  expect(await guest.pings('10.0.51.99')).toBe(false)
})

test('a floating IP leads to its guest, both ways, until it is taken away', async () => {
  const floatingIps = [{ id: 'f', address: '10.0.51.77', fixedAddress: '10.0.50.11' }]
  const { guest, world, wire } = await scene({ floatingIps })
  await guest.listen(22)
  await world.listen(80)
  await until('an answer comes', () => world.pings('10.0.51.77'))
  await until('a connection comes about', () => world.reaches('10.0.51.77', 22))
  await until('a connection comes about', () => guest.reaches('10.0.51.99', 80))
  await until('an answer comes', () => guest.pings('10.0.51.77'))
  const talk = world.begin('busybox', 'nc', '10.0.51.77', '22')
  let heard = ''
  talk.stdout?.setEncoding('utf8').on('data', text => (heard += text))
  talk.stdin?.write('one\n')
  await until('the guest answers', async () => heard.includes('one'))
  await wire(wiringOf())
  talk.stdin?.write('two\n')
  await expect(until('the connection goes on', async () => heard.includes('two'), 1_500)).rejects.toThrow('goes on')
  expect(await world.pings('10.0.51.77')).toBe(false)
  expect(await world.reaches('10.0.51.77', 22)).toBe(false)
})

test('a forwarded port leads to its guest and no other port does', async () => {
  const forwarding = {
    id: 'p',
    floatingAddress: '10.0.51.78',
    protocol: 'tcp' as const,
    externalPort: 2222,
    internalAddress: '10.0.50.11',
    internalPort: 22,
  }
  const { guest, world } = await scene({
    portForwardings: [forwarding, { ...forwarding, id: 'q', externalPort: [8000, 8002], internalPort: [9000, 9002] }],
  })
  for (const port of [22, 9001]) await guest.listen(port)
  await until('a connection comes about', () => world.reaches('10.0.51.78', 2222))
  await until('a connection comes about', () => world.reaches('10.0.51.78', 8001))
  expect(await world.reaches('10.0.51.78', 22)).toBe(false)
})

test('an extra route leads behind the router’s network, and goes when it is taken away', async () => {
  const routes = [{ destination: '203.0.113.0/24', nexthop: '10.0.51.99' }]
  const { guest, world, wire } = await scene({ routes, gateway: { ...gateway, nexthops: [] } })
  await world.run('ip', 'addr', 'add', '203.0.113.1/32', 'dev', 'lo')
  await until('an answer comes', () => guest.pings('203.0.113.1'))
  await wire(wiringOf({ gateway: { ...gateway, nexthops: [] } }))
  expect(await guest.pings('203.0.113.1')).toBe(false)
})

test('networks of one router reach each other untranslated', async () => {
  const second = aNetwork(52, {}, run)
  const other = aPort(second, 11, { securityGroups: [open.id] })
  const arm = {
    ...inside,
    portId: idOf(0x79, 2, run),
    networkId: second.id,
    macAddress: macOf(0x7902),
    fixedIps: [{ subnetId: subnetIdOf(second), address: '10.0.52.1', prefixLength: 24 }],
  }
  const { guest, host } = await scene(
    { interfaces: [inside, arm] },
    { networks: [inner, outer, second], ports: [guestPort, worldPort, other] },
  )
  const neighbour = await host.guest(other)
  await neighbour.run('ip', 'route', 'add', 'default', 'via', '10.0.52.1')
  await until('an answer comes', () => guest.pings('10.0.52.11'))
  expect(await host.driver.probe({ from: { routerId: id }, to: '10.0.52.11', deadlineMs: 1_000 })).toMatchObject({ answered: true })
  expect(await host.driver.probe({ from: { routerId: id }, to: '10.0.52.12', deadlineMs: 1_000 })).toEqual({ answered: false })
})

test('guests make themselves addresses from what the router announces', async () => {
  const six = {
    ...inside,
    fixedIps: [...inside.fixedIps, { subnetId: 's6', address: '2001:db8:50::1', prefixLength: 64 }],
    subnets: [
      ...inside.subnets,
      { id: 's6', cidr: '2001:db8:50::/64', ipVersion: 6 as const, nameServers: ['2001:db8::53'], ipv6RaMode: 'slaac' as const },
    ],
  }
  const port = {
    ...guestPort,
    fixedIps: [...guestPort.fixedIps, { subnetId: 's6', address: '2001:db8:50:0:f816:3eff:fe00:320b', prefixLength: 64 }],
  }
  const { guest, host } = await scene({ interfaces: [six] }, { ports: [port, worldPort] })
  await until('an address came', async () => (await guest.run('ip', '-6', 'addr')).includes('2001:db8:50:0:f816:3eff:fe00:320b'))
  await until('it is usable', async () => !(await guest.run('ip', '-6', 'addr', 'show', 'dev', 'eth0')).includes('tentative'))
  await until('an answer comes', () => guest.pings('2001:db8:50::1'))
  expect(await guest.run('ip', '-6', 'route')).toMatch(/default via fe80::/)
  const seen = await host.driver.observe(wiringOf({ interfaces: [six] }, { ports: [port, worldPort] }))
  expect(seen.namespaces).toMatchObject([{ name: namespace, services: ['radvd', 'metadata'] }])
})

test('metadata passes through the router, whose proxy nobody else can ask', async () => {
  const { guest, world } = await scene()
  const ask = (url: string) => guest.run('curl', '-sS', '-m', '3', url)
  expect(await ask('http://169.254.169.254/latest')).toContain('404')
  await expect(ask('http://10.0.50.1:9697/latest')).rejects.toThrow()
  await expect(world.run('curl', '-sS', '-m', '2', 'http://10.0.51.5:9697/')).rejects.toThrow()
})

test('a router that is switched off routes nothing, and one that is gone leaves nothing', async () => {
  const { guest, host, wire } = await scene()
  await wire(wiringOf({ isUp: false }))
  expect(await guest.pings('10.0.51.99')).toBe(false)
  await wire(wiringOf())
  await until('an answer comes', () => guest.pings('10.0.51.99'))
  await wire(wiringOf({}, { routers: [] }))
  expect(await host.run('ip', 'netns', 'list')).not.toContain(namespace)
  await expect(runIn(namespace, 'true')).rejects.toThrow()
})

test('an agent that begins anew finds everything as it left it, and no packet is lost', async () => {
  const { guest, host } = await scene({ floatingIps: [{ id: 'f', address: '10.0.51.77', fixedAddress: '10.0.50.11' }] })
  const pinging = guest.begin('busybox', 'ping', '-A', '-c', '300', '-W', '1', '10.0.51.99')
  let told = ''
  pinging.stdout?.setEncoding('utf8').on('data', text => (told += text))
  const ended = new Promise(resolve => pinging.once('close', resolve))
  const anew = await host.again()
  const wiring = wiringOf({ floatingIps: [{ id: 'f', address: '10.0.51.77', fixedAddress: '10.0.50.11' }] })
  expect((await anew.apply(wiring)).troubles).toEqual([])
  await ended
  expect(told).toContain(' 0% packet loss')
  expect((await anew.observe(wiring)).differences).toEqual([])
})
