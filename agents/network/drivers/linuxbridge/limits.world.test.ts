import { afterEach, beforeEach, expect, test } from 'vitest'
import type { PortWiring } from '../../contract/wiring.ts'
import { openYard, type Yard } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const open = aGroup(1, [aRule({}), aRule({ etherType: 'IPv6' })], run)
const network = aNetwork(70, {}, run)
const portOf = (n: number): PortWiring => {
  const port = aPort(network, n, { securityGroups: [open.id] })
  return { ...port, fixedIps: [...port.fixedIps, { subnetId: 's6', address: `2001:db8:70::${n}`, prefixLength: 64 }] }
}
const [limitedPort, otherPort] = [portOf(11), portOf(12)]

async function scene(limits: Partial<PortWiring>) {
  const host = await yard.host('q')
  const wire = async (more: Partial<PortWiring>) => {
    const ports = [{ ...limitedPort, ...more }, otherPort]
    const applied = await host.driver.apply(aWiring({ networks: [network], ports, securityGroups: [open] }))
    expect(applied.troubles).toEqual([])
    return applied.changes
  }
  await wire(limits)
  const [limited, other] = [await host.guest(limitedPort), await host.guest(otherPort)]
  // Cables are seen once they are there.
  await wire(limits)
  expect(await wire(limits)).toBe(0)
  return { host, wire, limited, other, peers: { limited: await limited.peer(), other: await other.peer() } }
}

const kbps = (bytes: number, seconds: number) => Math.round((bytes * 8) / 1000 / seconds)

test('a guest sends and receives as fast as its policy says, and freely when it says nothing', async () => {
  const maxKbps = 8_000
  const limits: readonly NonNullable<PortWiring['bandwidth']>[number][] = [
    { direction: 'egress', maxKbps, maxBurstKbits: 0 },
    { direction: 'ingress', maxKbps, maxBurstKbits: 0 },
  ]
  const { host, wire, peers } = await scene({ bandwidth: limits })
  await peers.other.sinks('tcp', 5001)
  await peers.limited.sinks('tcp', 5001)
  const bytes = 5_000_000
  const rates = async () => ({
    sent: kbps(bytes, await peers.limited.copies('10.0.70.12', 5001, bytes)),
    received: kbps(bytes, await peers.other.copies('10.0.70.11', 5001, bytes)),
  })
  const slow = await rates()
  process.stdout.write(`limited to ${maxKbps} kbit/s: ${JSON.stringify(slow)} kbit/s\n`)
  for (const rate of Object.values(slow)) expect(rate).toBeLessThan(maxKbps * 1.35)
  for (const rate of Object.values(slow)) expect(rate).toBeGreaterThan(maxKbps * 0.3)
  await wire({ bandwidth: [] })
  const free = await rates()
  process.stdout.write(`not limited: ${JSON.stringify(free)} kbit/s\n`)
  for (const rate of Object.values(free)) expect(rate).toBeGreaterThan(maxKbps * 5)
  expect(await host.run('tc', 'qdisc', 'show')).not.toContain('tbf')
  expect(await host.run('nft', 'list', 'tables')).not.toContain('limits')
})

test('a burst of a few bits stops nobody', async () => {
  const bandwidth = (['egress', 'ingress'] as const).map(direction => ({ direction, maxKbps: 2_000, maxBurstKbits: 1 }))
  const { wire, limited, peers } = await scene({ bandwidth })
  await peers.limited.sinks('tcp', 5001)
  await peers.other.sinks('tcp', 5001)
  expect(await limited.pings('10.0.70.12')).toBe(true)
  expect(await peers.limited.copies('10.0.70.12', 5001, 300_000)).toBeLessThan(10)
  expect(await peers.other.copies('10.0.70.11', 5001, 300_000)).toBeLessThan(10)
  expect(await wire({ bandwidth })).toBe(0)
})

test('packets too many are dropped, in the direction that the policy names', async () => {
  const { wire, peers } = await scene({ packetRates: [{ direction: 'egress', maxKpps: 1, maxBurstKpps: 0 }] })
  const [there, here] = [await peers.other.sinks('udp', 5002), await peers.limited.sinks('udp', 5002)]
  const load = { bytes: 64, count: 20_000 }
  const counted = async (shooter: typeof peers.other, address: string, sink: typeof there) => {
    const before = (await sink.taken()).packets
    const begun = performance.now()
    await shooter.shoots(address, 5002, load)
    return { packets: (await sink.taken()).packets - before, seconds: (performance.now() - begun) / 1000 }
  }
  const out = await counted(peers.limited, '10.0.70.12', there)
  const back = await counted(peers.other, '10.0.70.11', here)
  process.stdout.write(`1000 packets a second: ${out.packets} went out in ${out.seconds.toFixed(1)} s, ${back.packets} came in\n`)
  expect(out.packets).toBeLessThan(1_000 * (out.seconds + 2))
  expect(back.packets).toBeGreaterThan(out.packets)
  await wire({ packetRates: [{ direction: 'ingress', maxKpps: 1, maxBurstKpps: 0 }] })
  const slowed = await counted(peers.other, '10.0.70.11', here)
  expect(slowed.packets).toBeLessThan(1_000 * (slowed.seconds + 2))
})

test('what a guest sends is marked as its policy says', async () => {
  const { wire, limited, other } = await scene({ dscpMark: 26 })
  for (const [tables, address] of [
    ['iptables', '10.0.70.12'],
    ['ip6tables', '2001:db8:70::12'],
  ] as const) {
    await other.run(tables, '-A', 'INPUT', '-m', 'dscp', '--dscp', '26')
    const marked = async () => Number((await other.run(tables, '-nvxL', 'INPUT')).split('\n')[2]?.trim().split(/\s+/)[0])
    expect(await limited.pings(address)).toBe(true)
    expect(await marked()).toBeGreaterThan(0)
    await wire({})
    const before = await marked()
    expect(await limited.pings(address)).toBe(true)
    expect(await marked()).toBe(before)
    await wire({ dscpMark: 26 })
  }
})
