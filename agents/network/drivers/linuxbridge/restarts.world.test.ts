import { readdir, readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bridgeOf, tapOf } from '../../contract/names.ts'
import type { HostWiring, PortWiring } from '../../contract/wiring.ts'
import { startAgent } from '../../kit/agents.ts'
import { openYard, until, type Yard, type YardHost } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, dhcpFor, idOf, macOf, subnetIdOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const told = (name: string, usual: number) => Number(process.env[name] ?? usual)
/** How much is tried: few of each, unless somebody wants to know. */
const wirings = told('KILONOVA_WIRINGS', 4)
const ports = told('KILONOVA_PORTS', 30)
const group = aGroup(1, [aRule({})], run)

/** So many networks, each with a guest's port, a DHCP server and a router. */
function networks(count: number): HostWiring {
  const each = Array.from({ length: count }, (_, index) => {
    const network = aNetwork(100 + index, {}, run)
    const port = aPort(network, 11, { securityGroups: [group.id] })
    const third = 100 + index
    const leg = {
      portId: idOf(0x79, third, run),
      networkId: network.id,
      macAddress: macOf(0x7900 + third),
      fixedIps: [{ subnetId: subnetIdOf(network), address: `10.0.${third}.1`, prefixLength: 24 }],
      subnets: [{ id: subnetIdOf(network), cidr: `10.0.${third}.0/24`, ipVersion: 4 as const, nameServers: [] }],
    }
    const nothing = { floatingIps: [], portForwardings: [], routes: [] }
    const router = { id: idOf(0x77, third, run), projectId: 'p', isUp: true, interfaces: [leg], ...nothing }
    return { network, port, dhcp: dhcpFor(network, [port], { hasRouter: true }), router }
  })
  return aWiring({
    networks: each.map(({ network }) => network),
    ports: each.map(({ port }) => port),
    securityGroups: [group],
    addressSets: [{ id: group.id, addresses: each.map(({ port }) => port.fixedIps[0]?.address ?? '') }],
    dhcp: each.map(({ dhcp }) => dhcp),
    routers: each.map(({ router }) => router),
  })
}

const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const linksOf = async (host: YardHost) =>
  (await host.run('ip', '-o', 'link'))
    .split('\n')
    .map(line => line.split(': ')[1]?.split('@')[0] ?? '')
    .sort()

test('an agent that is killed in the middle of its work leaves a host that the next one makes whole', async () => {
  const host = await yard.host('k')
  const before = await linksOf(host)
  let seed = 7
  /** Some part of one, the same in every run. */
  const part = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed / 2_147_483_647
  }
  let agent = await startAgent(host)
  let [kills, took] = [0, 400]
  for (let count = 1; count <= wirings; count++) {
    // Networks come and go: sometimes there are more of them, sometimes fewer, and now and then none.
    const wanted = networks((count * 3) % 5)
    const wired = agent.wire(wanted).then(
      () => false,
      () => true,
    )
    await new Promise(resolve => setTimeout(resolve, part() * took))
    await agent.kill()
    if (await wired) kills++
    agent = await startAgent(host)
    took = await milliseconds(async () => expect((await agent.wire(wanted)).troubles).toEqual([]))
    await expectWhole(host, wanted)
  }
  expect((await agent.wire(networks((wirings * 3) % 5))).changes).toBe(0)
  process.stdout.write(`${wirings} wirings, ${kills} of them cut off: the host is as it is wished each time\n`)
  expect((await agent.wire(aWiring())).troubles).toEqual([])
  expect(await linksOf(host)).toEqual(before)
  await agent.kill()
}, 3_000_000)

/** Somebody else looks at the host and finds what was wished, and nothing of what was wished before. */
async function expectWhole(host: YardHost, wanted: HostWiring): Promise<void> {
  const seen = await host.driver.observe(wanted)
  expect(seen.differences).toEqual([])
  // No guest runs here, so no cable of one is plugged in.
  expect(seen.defects.filter(({ part }) => part !== 'tap')).toEqual([])
  expect(seen.namespaces).toHaveLength(2 * wanted.networks.length)
  expect(seen.bridges).toHaveLength(wanted.networks.length)
  expect(await serversOf(host)).toBe(wanted.networks.length)
}

/** The DHCP servers that run with files of the host's, whatever namespace they are in. */
async function serversOf({ stateDir }: YardHost): Promise<number> {
  const processes = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const words = await Promise.all(processes.map(id => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return words.filter(text => text.startsWith('dnsmasq') && text.includes(stateDir)).length
}

const at = (sorted: readonly number[], share: number) =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)

test('a port is wired soon, and an agent that begins again among many loses no packet', async () => {
  const host = await yard.host('r')
  const network = aNetwork(90, {}, run)
  const all = Array.from({ length: ports }, (_, index) => aPort(network, index + 10, { securityGroups: [group.id] }))
  const [first, second] = all
  if (!first || !second) throw new Error('a port is missing')
  let agent = await startAgent(host)
  await agent.wire(aWiring({ networks: [network], securityGroups: [group], dhcp: [dhcpFor(network, all)] }))
  const took: number[] = []
  for (const port of all) {
    if (port !== first && port !== second) await plug(host, port)
    took.push(await milliseconds(() => agent.change({ ports: [port] })))
  }
  const [one, two] = [await host.guest(first), await host.guest(second)]
  await until('guests reach each other', () => one.pings(second.fixedIps[0]?.address ?? ''))
  const sorted = took.toSorted((a, b) => a - b)
  const ending = sorted.length > 20 ? took.slice(-20).toSorted((a, b) => a - b) : sorted
  const pinging = one.begin('busybox', 'ping', '-A', '-W', '1', second.fixedIps[0]?.address ?? '')
  let said = ''
  pinging.stdout?.setEncoding('utf8').on('data', text => (said += text))
  const finished = new Promise(resolve => pinging.once('close', resolve))
  await until('echoes come back', async () => said.includes('bytes from'))
  await agent.kill()
  const starting = performance.now()
  agent = await startAgent(host)
  const started = performance.now()
  const whole = aWiring({ networks: [network], ports: all, securityGroups: [group], dhcp: [dhcpFor(network, all)] })
  const done = await agent.wire(whole)
  const ended = performance.now()
  pinging.kill('SIGINT')
  await finished
  process.stdout.write(
    [
      `one more port among ${ports}: p50 ${at(sorted, 0.5)} ms, p95 ${at(sorted, 0.95)} ms; the last twenty: p50 ${at(ending, 0.5)} ms`,
      `an agent begins again among ${ports} ports: ${Math.round(started - starting)} ms to begin, ${Math.round(ended - started)} ms to look, ${done.changes} changes`,
      `${said.match(/\d+ packets transmitted.*/)?.[0]}\n`,
    ].join('\n'),
  )
  expect(done.troubles).toEqual([])
  expect(done.portsUp).toHaveLength(ports)
  const [sent = 0, back = -1] = /(\d+) packets transmitted, (\d+) /.exec(said)?.slice(1).map(Number) ?? []
  // The last may be on its way when the question ends.
  expect(sent - back).toBeLessThan(2)
  expect(await two.pings(first.fixedIps[0]?.address ?? '')).toBe(true)
  await agent.kill()
}, 600_000)

/** A guest's cable, with nobody at its other end. */
async function plug(host: YardHost, port: PortWiring): Promise<void> {
  const tap = tapOf(port.id)
  await host.run('ip', 'link', 'add', 'name', tap, 'type', 'veth', 'peer', 'name', `p${tap.slice(3)}`)
  await host.run('ip', 'link', 'set', 'dev', tap, 'master', bridgeOf(port.networkId), 'up')
}
