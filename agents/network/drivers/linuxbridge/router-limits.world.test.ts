import { afterEach, beforeEach, expect, test } from 'vitest'
import { routerNamespaceOf } from '../../contract/names.ts'
import type { RouterWiring } from '../../contract/router.ts'
import { openYard, runIn, until, type Yard } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, idOf, macOf, subnetIdOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const [inner, outer] = [aNetwork(64, {}, run), aNetwork(65, {}, run)]
const open = aGroup(1, [aRule({})], run)
const [knownPort, otherPort] = [aPort(inner, 11, { securityGroups: [open.id] }), aPort(inner, 12, { securityGroups: [open.id] })]
const worldPort = aPort(outer, 99, { hasPortSecurity: false })
const id = idOf(0x67, 1, run)
const legOf = (network: typeof inner, n: number, address: string) => ({
  ...{ portId: idOf(0x68, n, run), networkId: network.id, macAddress: macOf(0x6800 + n) },
  fixedIps: [{ subnetId: subnetIdOf(network), address, prefixLength: 24 }],
})
const maxKbps = 16_000
const bandwidth = (['egress', 'ingress'] as const).map(direction => ({ direction, maxKbps, maxBurstKbits: 1 }))
const gateway = { ...legOf(outer, 2, '10.0.65.5'), nexthops: ['10.0.65.99'], hasSnat: true }
const floating = { id: 'f', address: '10.0.65.77', fixedAddress: '10.0.64.11' }
const router: RouterWiring = {
  ...{ id, projectId: 'p', isUp: true, gateway, floatingIps: [floating], portForwardings: [], routes: [] },
  interfaces: [
    {
      ...legOf(inner, 1, '10.0.64.1'),
      subnets: [{ id: subnetIdOf(inner), cidr: '10.0.64.0/24', ipVersion: 4, nameServers: [] }],
    },
  ],
}

/** The kernel lets pass at once what goes in a second; the rest comes as fast as it may. */
const bytes = 6_000_000

test('a floating IP, and the guests without one together, are as fast outside as their policies say', async () => {
  const host = await yard.host('l')
  const wire = async (more: Partial<RouterWiring> = {}) => {
    const ports = [knownPort, otherPort, worldPort]
    const wiring = aWiring({ networks: [inner, outer], ports, securityGroups: [open], routers: [{ ...router, ...more }] })
    const applied = await host.driver.apply(wiring)
    expect(applied.troubles).toEqual([])
    return applied.changes
  }
  await wire()
  const [known, other, world] = [await host.guest(knownPort), await host.guest(otherPort), await host.guest(worldPort)]
  for (const each of [known, other]) await each.run('ip', 'route', 'add', 'default', 'via', '10.0.64.1')
  const limited = { floatingIps: [{ ...floating, bandwidth }], gateway: { ...gateway, bandwidth: bandwidth.slice(0, 1) } }
  await wire(limited)
  await until('the world is reached', () => known.pings('10.0.65.99'))
  await until('so it is by the other', () => other.pings('10.0.65.99'))
  const [knownPeer, otherPeer, worldPeer] = [await known.peer(), await other.peer(), await world.peer()]
  await Promise.all([worldPeer.sinks('tcp', 5001), knownPeer.sinks('tcp', 5001)])
  const kbps = async (seconds: Promise<number>) => Math.round((bytes * 8) / 1000 / (await seconds))
  const sent = () => kbps(knownPeer.copies('10.0.65.99', 5001, bytes))
  const received = () => kbps(worldPeer.copies('10.0.65.77', 5001, bytes))
  const otherSent = () => kbps(otherPeer.copies('10.0.65.99', 5001, bytes))

  const slow = [await sent(), await received(), await otherSent()]
  process.stdout.write(`limited to ${maxKbps} kbit/s outside: sent ${slow[0]}, received ${slow[1]}, without a floating IP ${slow[2]}\n`)
  for (const rate of slow) expect(rate).toBeLessThan(maxKbps * 1.8)
  expect(await wire(limited)).toBe(0)

  await wire()
  for (const rate of [await sent(), await received(), await otherSent()]) expect(rate).toBeGreaterThan(maxKbps * 2)
  expect(await runIn(routerNamespaceOf(id), 'nft', 'list', 'tables')).not.toContain('limits')
})
