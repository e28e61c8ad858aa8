import { afterEach, beforeEach, expect, test } from 'vitest'
import { vxlanOf } from '../../contract/names.ts'
import type { HostWiring, PortWiring, VxlanPeer } from '../../contract/wiring.ts'
import { type Guest, openYard, until, type Yard, type YardHost } from '../../kit/hosts.ts'
import { guestsOn } from '../../kit/machines.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, dhcpFor } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const open = aGroup(1, [aRule({}), aRule({ etherType: 'IPv6' })], run)
const vni = 4711
/** What lies between hosts takes 1500 bytes, of which a tunnel needs 50. */
const mtu = 1450

/** One of several hosts that a network spans, with the ports of its guests. */
interface Member {
  readonly host: YardHost
  readonly tunnelIp: string
  readonly ports: readonly PortWiring[]
}

const tunnelIpOf = (index: number) => `192.0.2.${index + 1}`

/** Hosts that hang on one switch, as many as are asked for. */
async function hostsOnSwitch(count: number): Promise<readonly YardHost[]> {
  const hosts: YardHost[] = []
  for (let index = 0; index < count; index++) hosts.push(await yard.host(`v${index}`, { tunnelIp: tunnelIpOf(index) }))
  const [first] = hosts
  await first?.run('ip', 'link', 'add', 'name', 'switch', 'type', 'bridge')
  await first?.run('ip', 'link', 'set', 'dev', 'switch', 'up')
  for (const [index, host] of hosts.entries()) {
    const cable = `to${index}`
    await first?.run('ip', 'link', 'add', 'name', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.namespace)
    await first?.run('ip', 'link', 'set', 'dev', cable, 'master', 'switch', 'up')
    await host.run('ip', 'addr', 'add', `${tunnelIpOf(index)}/24`, 'dev', 'eth0')
    await host.run('ip', 'link', 'set', 'dev', 'eth0', 'up')
    // Counts what goes to many at once: a tunnel has no need of it.
    await host.run('iptables', '-A', 'OUTPUT', '-p', 'udp', '-m', 'udp', '--dport', '8472', '-d', '224.0.0.0/4')
  }
  return hosts
}

const portAt = (index: number): PortWiring => aPort(aNetwork(95, {}, run), 11 + index, { securityGroups: [open.id] })
const addressAt = (index: number) => `10.0.95.${11 + index}`

/** What each host is told when these hosts take part: everybody else's addresses. The first serves DHCP for all. */
function wiringFor(self: Member, members: readonly Member[]): HostWiring {
  const peers: readonly VxlanPeer[] = members
    .filter(({ host }) => host !== self.host)
    .map(({ tunnelIp, ports, host }) => ({
      tunnelIp,
      macAddresses: [...ports.map(({ macAddress }) => macAddress), ...(host === members[0]?.host ? [serverPort.macAddress] : [])],
    }))
  const network = aNetwork(95, { mtu, segment: { type: 'vxlan', vni, peers } }, run)
  const all = members.flatMap(({ ports }) => ports)
  const dhcp = self.host === members[0]?.host ? [dhcpFor(network, all)] : []
  return aWiring({ networks: [network], ports: self.ports, securityGroups: [open], dhcp })
}
const serverPort = aPort(aNetwork(95, {}, run), 2)

async function wireAll(members: readonly Member[]): Promise<void> {
  for (const member of members) expect((await member.host.driver.apply(wiringFor(member, members))).troubles).toEqual([])
}

const forwardingOf = async ({ host }: Member): Promise<readonly string[]> =>
  (await host.run('bridge', 'fdb', 'show', 'dev', vxlanOf(vni)))
    .split('\n')
    .filter(line => line.includes(' dst '))
    .map(line => line.replace(/^(\S+) dst (\S+).*/, '$1 $2'))
    .sort()

const leases = (guest: Guest) =>
  guest.run('busybox', 'udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '5', '-T', '1', '-s', '/bin/true').then(
    () => true,
    () => false,
  )

test('a network spans two hosts at its full size, a third joins, and one goes', async () => {
  const hosts = await hostsOnSwitch(3)
  const [one, two, three] = hosts.map((host, index): Member => ({ host, tunnelIp: tunnelIpOf(index), ports: [portAt(index)] }))
  if (!one || !two || !three) throw new Error('a host is missing')
  const guestsOf = (...members: readonly Member[]) =>
    guestsOn(
      yard,
      members.map(({ host, ports }) => [host, ports[0] ?? portAt(0)]),
    )
  await wireAll([one, two])
  const [left, right] = await guestsOf(one, two)
  if (!left || !right) throw new Error('a guest is missing')
  await until('guests reach each other', () => left.pings(addressAt(1)))
  const largest = (size: number) =>
    left.run('busybox', 'ping', '-c', '1', '-W', '1', '-s', `${size - 28}`, addressAt(1)).then(
      () => true,
      () => false,
    )
  await left.run('ip', 'link', 'set', 'dev', 'eth0', 'mtu', `${mtu}`)
  await right.run('ip', 'link', 'set', 'dev', 'eth0', 'mtu', `${mtu}`)
  expect(await largest(mtu)).toBe(true)
  expect(await hosts[0]?.run('ip', '-o', 'link', 'show', 'dev', vxlanOf(vni))).toContain(`mtu ${mtu} `)
  expect(await leases(right)).toBe(true)

  const bytes = 100_000_000
  const [from, to] = [await left.peer(), await right.peer()]
  await to.sinks('tcp', 5001)
  const seconds = await from.copies(addressAt(1), 5001, bytes)
  process.stdout.write(`100 MB from host to host over VXLAN: ${seconds.toFixed(2)} s, ${Math.round(bytes / 1e6 / seconds)} MB/s\n`)

  const [inOne, inTwo] = [await forwardingOf(one), await forwardingOf(two)]
  expect(inOne).toEqual([`00:00:00:00:00:00 ${two.tunnelIp}`, `${two.ports[0]?.macAddress} ${two.tunnelIp}`].sort())
  expect(inTwo).toEqual(
    [`00:00:00:00:00:00 ${one.tunnelIp}`, `${one.ports[0]?.macAddress} ${one.tunnelIp}`, `${serverPort.macAddress} ${one.tunnelIp}`].sort(),
  )

  await wireAll([one, two, three])
  const [third] = await guestsOf(three)
  if (!third) throw new Error('a guest is missing')
  await until('the third reaches both', async () => (await third.pings(addressAt(0))) && (await third.pings(addressAt(1))))
  expect(await leases(third)).toBe(true)
  expect(await forwardingOf(two)).toContain(`${three.ports[0]?.macAddress} ${three.tunnelIp}`)

  await wireAll([one, three])
  expect((await two.host.driver.apply(aWiring())).troubles).toEqual([])
  expect((await forwardingOf(one)).filter(line => line.endsWith(two.tunnelIp))).toEqual([])
  expect(await third.pings(addressAt(0))).toBe(true)
  expect(await left.pings(addressAt(1))).toBe(false)
  expect(await two.host.run('ip', '-o', 'link')).not.toContain(vxlanOf(vni))
  for (const host of hosts) {
    expect((await host.run('iptables', '-nvxL', 'OUTPUT')).split('\n')[2]?.trim().split(/\s+/)[0]).toBe('0')
    const joined = [...(await host.run('ip', 'maddr', 'show', 'dev', 'eth0')).matchAll(/inet\s+(\S+)/g)].map(found => found[1])
    expect(joined).toEqual(['224.0.0.1'])
  }
})

test('a guest that moved to another host is found there by those who knew it', async () => {
  const hosts = await hostsOnSwitch(2)
  const stays = aPort(aNetwork(95, {}, run), 21, { securityGroups: [open.id] })
  const moves = portAt(1)
  const at = (first: readonly PortWiring[], second: readonly PortWiring[]) =>
    hosts.map((host, index): Member => ({ host, tunnelIp: tunnelIpOf(index), ports: index === 0 ? first : second }))
  await wireAll(at([stays], [moves]))
  const here = await hosts[0]?.guest(stays)
  const there = await hosts[1]?.guest(moves)
  await until('guests reach each other', async () => (await here?.pings(addressAt(1))) === true)
  await wireAll(at([stays, moves], []))
  await there?.unplug()
  await hosts[0]?.guest(moves)
  await until('it is found where it is now', async () => (await here?.pings(addressAt(1))) === true)
})
