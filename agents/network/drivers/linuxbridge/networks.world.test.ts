import { afterEach, beforeEach, expect, test } from 'vitest'
import { bridgeOf } from '../../contract/names.ts'
import { openYard, until, type Yard, type YardHost } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring } from '../../kit/wirings.ts'
import type { HostWiring, NetworkWiring } from '../../contract/wiring.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const open = aGroup(1, [aRule({}), aRule({ etherType: 'IPv6' })], run)

test('guests of one network on one host reach each other, and those of another network do not', async () => {
  const [one, two] = [aNetwork(1, {}, run), aNetwork(2, {}, run)]
  const strange = { fixedIps: aPort(one, 13).fixedIps, macAddress: aPort(one, 13).macAddress }
  const ports = [aPort(one, 11), aPort(one, 12), aPort(two, 11, strange)].map(port => ({ ...port, securityGroups: [open.id] }))
  const host = await yard.host('a')
  const applied = await host.driver.apply(aWiring({ networks: [one, two], ports, securityGroups: [open] }))
  expect(applied.troubles).toEqual([])
  const [first, second, stranger] = await Promise.all(ports.map(port => host.guest(port)))
  expect(await first?.pings('10.0.1.12')).toBe(true)
  expect(await second?.pings('10.0.1.11')).toBe(true)
  expect(await stranger?.pings('10.0.1.11')).toBe(false)
})

test('what was told once needs nothing the second time, and goes when it is told no longer', async () => {
  const network = aNetwork(3, {}, run)
  const ports = [aPort(network, 11, { securityGroups: [open.id] })]
  const wiring = aWiring({ networks: [network], ports, securityGroups: [open], addressSets: [{ id: open.id, addresses: ['10.0.3.11'] }] })
  const host = await yard.host('a')
  const links = await host.run('ip', '-o', 'link')
  expect((await host.driver.apply(wiring)).changes).toBeGreaterThan(0)
  expect(await host.driver.apply(wiring)).toEqual({ changes: 0, portsUp: [], troubles: [] })
  expect((await host.driver.observe(wiring)).differences).toEqual([])
  await host.driver.apply(aWiring())
  expect(await host.run('ip', '-o', 'link')).toBe(links)
  expect(await host.run('iptables-save')).not.toContain('neutron-')
  expect(await host.run('ip6tables-save')).not.toContain('neutron-')
  expect(await host.run('ipset', 'list', '-n')).toBe('')
  expect(await host.run('nft', 'list', 'tables')).not.toContain('neutron')
})

test('what somebody else made is neither changed nor taken away', async () => {
  const network = aNetwork(4, {}, run)
  const host = await yard.host('a')
  await host.run('ip', 'link', 'add', 'name', 'brq99999999-99', 'type', 'bridge')
  await host.run('iptables', '-A', 'FORWARD', '-s', '192.0.2.1', '-j', 'DROP')
  await host.driver.apply(aWiring({ networks: [network] }))
  await host.driver.apply(aWiring())
  expect(await host.run('ip', '-o', 'link')).toContain('brq99999999-99')
  expect(await host.run('iptables', '-S', 'FORWARD')).toBe('-P FORWARD ACCEPT\n-A FORWARD -s 192.0.2.1/32 -j DROP\n')
})

test('a guest is heard of when it is plugged in, and when it is pulled out', async () => {
  const network = aNetwork(5, {}, run)
  const port = aPort(network, 11)
  const host = await yard.host('a')
  await host.driver.apply(aWiring({ networks: [network], ports: [port] }))
  let heard = 0
  const following = host.driver.follow(() => heard++)
  try {
    expect(await host.driver.pluggedPorts([port.id])).toEqual([])
    const guest = await host.guest(port)
    await until('the plug is heard of', async () => heard > 0)
    expect(await host.driver.pluggedPorts([port.id])).toEqual([port.id])
    const before = heard
    await guest.unplug()
    await until('its end is heard of', async () => heard > before)
    expect(await host.driver.pluggedPorts([port.id])).toEqual([])
  } finally {
    following.stop()
  }
})

/** Two hosts with one interface each, joined by a cable. */
async function pair(more: (index: number) => Parameters<Yard['host']>[1]): Promise<readonly [YardHost, YardHost]> {
  const [first, second] = [await yard.host('a', more(0)), await yard.host('b', more(1))]
  await first.run(
    'ip',
    'link',
    'add',
    'name',
    'eth0',
    'mtu',
    '1600',
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'mtu',
    '1600',
    'netns',
    second.namespace,
  )
  for (const [index, host] of [first, second].entries()) {
    await host.run('ip', 'addr', 'add', `192.0.2.${index + 1}/24`, 'dev', 'eth0')
    await host.run('ip', 'link', 'set', 'dev', 'eth0', 'up')
  }
  return [first, second]
}

/** The same network on two hosts, a guest on each; both hosts' bridges lie in one machine's namespaces, so ids are the same. */
async function guestsOnTwo([first, second]: readonly [YardHost, YardHost], networkAt: (index: number) => NetworkWiring) {
  const [left, right] = [aPort(networkAt(0), 11, { securityGroups: [open.id] }), aPort(networkAt(1), 12, { securityGroups: [open.id] })]
  const wiring = (index: number): HostWiring =>
    aWiring({ networks: [networkAt(index)], ports: [index === 0 ? left : right], securityGroups: [open] })
  const applied = [await first.driver.apply(wiring(0)), await second.driver.apply(wiring(1))]
  return { applied, guests: [await first.guest(left), await second.guest(right)] as const, ports: [left, right] as const }
}

test('a VXLAN network spans hosts without multicast, at the size it promises', async () => {
  const hosts = await pair(index => ({ tunnelIp: `192.0.2.${index + 1}` }))
  const networkAt = (index: number) => {
    const other = aPort(aNetwork(6, {}, run), index === 0 ? 12 : 11)
    return aNetwork(
      6,
      { mtu: 1550, segment: { type: 'vxlan', vni: 77, peers: [{ tunnelIp: `192.0.2.${2 - index}`, macAddresses: [other.macAddress] }] } },
      run,
    )
  }
  const { applied, guests } = await guestsOnTwo(hosts, networkAt)
  expect(applied.flatMap(each => each.troubles)).toEqual([])
  expect(await guests[0].pings('10.0.6.12')).toBe(true)
  expect(await guests[1].pings('10.0.6.11')).toBe(true)
  const link = await hosts[0].run('ip', '-d', 'link', 'show', 'vxlan-77')
  expect(link).toMatch(/mtu 1550 .* id 77 local 192\.0\.2\.1 .* dstport 8472/s)
})

test('a flat network takes the interface into its bridge with all its addresses, and gives it back', async () => {
  const hosts = await pair(() => ({ interfaceMappings: { provider: 'eth0' } }))
  await hosts[0].run('ip', 'route', 'add', 'default', 'via', '192.0.2.2')
  const network = aNetwork(7, { segment: { type: 'flat', physicalNetwork: 'provider' } }, run)
  const { applied, guests, ports } = await guestsOnTwo(hosts, () => network)
  expect(applied.flatMap(each => each.troubles)).toEqual([])
  expect(await guests[0].pings('10.0.7.12')).toBe(true)
  await hosts[0].run('busybox', 'ping', '-c', '1', '-W', '1', '192.0.2.2')
  expect(await hosts[0].run('ip', 'route')).toContain('default via 192.0.2.2 dev brq')
  expect((await hosts[0].driver.apply(aWiring({ networks: [network], ports: [ports[0]], securityGroups: [open] }))).changes).toBeLessThan(3)
  await guests[0].unplug()
  await hosts[0].driver.apply(aWiring())
  expect(await hosts[0].run('ip', 'route')).toContain('default via 192.0.2.2 dev eth0')
  await hosts[0].run('busybox', 'ping', '-c', '1', '-W', '1', '192.0.2.2')
})

/** A host whose only interface leads to the next one, with everything an operator may have on it. */
async function operatedHost(): Promise<readonly [YardHost, YardHost]> {
  const hosts = await pair(() => ({ interfaceMappings: { provider: 'eth0' } }))
  const ip = (...words: string[]) => hosts[0].run('ip', ...words)
  await ip('addr', 'add', '192.0.2.11/24', 'dev', 'eth0')
  await ip('addr', 'add', '192.0.2.12/32', 'peer', '192.0.2.99/32', 'dev', 'eth0')
  await ip('addr', 'add', '198.51.100.1/24', 'dev', 'eth0', 'valid_lft', '1000', 'preferred_lft', '900', 'noprefixroute')
  await ip('addr', 'add', '2001:db8:1::1/64', 'dev', 'eth0', 'nodad')
  await hosts[1].run('ip', 'addr', 'add', '2001:db8:1::2/64', 'dev', 'eth0', 'nodad')
  await ip('route', 'add', 'default', 'via', '192.0.2.2', 'src', '192.0.2.11', 'metric', '5')
  await ip('route', 'add', '203.0.113.0/24', 'nexthop', 'via', '192.0.2.2', 'dev', 'eth0', 'nexthop', 'via', '192.0.2.3', 'dev', 'eth0')
  await ip('route', 'add', '203.0.114.0/24', 'dev', 'eth0', 'scope', 'link', 'proto', 'dhcp')
  await ip('route', 'add', 'default', 'via', '192.0.2.2', 'table', '77')
  await ip('-6', 'route', 'add', 'default', 'via', '2001:db8:1::2')
  return hosts
}

/** What a device has, in words that do not depend on its name. */
async function belongingsOf(host: YardHost, device: string): Promise<readonly string[]> {
  const addresses = await host.run('ip', '-o', 'addr', 'show', 'dev', device)
  const routes = [
    await host.run('ip', '-4', '-o', 'route', 'show', 'table', 'all'),
    await host.run('ip', '-6', '-o', 'route', 'show', 'table', 'all'),
  ]
  const lines = [...addresses.split('\n'), ...routes.join('\n').split('\n')].filter(line => line.includes(device) && !line.includes('fe80'))
  return lines
    .map(line =>
      line
        .replaceAll(device, 'DEV')
        .replaceAll(/^\d+: /g, '')
        .replaceAll(/_lft \d+sec/g, '_lft'),
    )
    .filter(line => !/ff00::/.test(line))
    .sort()
}

test('everything an operator had on an interface goes to the bridge with it and comes back, and nobody hears a gap', async () => {
  const hosts = await operatedHost()
  const network = aNetwork(12, { segment: { type: 'flat', physicalNetwork: 'provider' } }, run)
  const before = await belongingsOf(hosts[0], 'eth0')
  expect(before.join('\n')).toMatch(/192\.0\.2\.12 peer.*198\.51\.100\.1\/24.*default via 192\.0\.2\.2.*table 77/s)
  const wiring = aWiring({ networks: [network] })
  expect((await hosts[0].driver.apply(wiring)).troubles).toEqual([])
  expect(await belongingsOf(hosts[0], 'eth0')).toEqual([])
  expect(await belongingsOf(hosts[0], bridgeOf(network.id))).toEqual(before)
  expect((await hosts[0].driver.observe(wiring)).differences).toEqual([])
  expect(await hosts[0].driver.apply(wiring)).toMatchObject({ changes: 0, troubles: [] })
  for (const address of ['192.0.2.2', '2001:db8:1::2'])
    await hosts[0].run('busybox', address.includes(':') ? 'ping6' : 'ping', '-c', '1', '-W', '1', address)
  expect((await hosts[0].driver.apply(aWiring())).troubles).toEqual([])
  expect(await belongingsOf(hosts[0], 'eth0')).toEqual(before)
})

test('what the host itself says over a bridge is answered past a filter that lets answers in and nothing else', async () => {
  const hosts = await operatedHost()
  const network = aNetwork(18, { segment: { type: 'flat', physicalNetwork: 'provider' } }, run)
  const guest = aPort(network, 11, { securityGroups: [open.id] })
  await hosts[0].run('iptables', '-A', 'INPUT', '-m', 'conntrack', '--ctstate', 'ESTABLISHED', '-j', 'ACCEPT')
  await hosts[0].run('iptables', '-A', 'INPUT', '-j', 'DROP')
  await hosts[0].driver.apply(aWiring({ networks: [network], ports: [guest], securityGroups: [open] }))
  await hosts[0].run('busybox', 'ping', '-c', '1', '-W', '1', '192.0.2.2')
  await hosts[0].driver.apply(aWiring())
})

test('an interface goes from one flat network to the next with its addresses', async () => {
  const hosts = await operatedHost()
  const [one, two] = [13, 14].map(n => aNetwork(n, { segment: { type: 'flat', physicalNetwork: 'provider' } }, run))
  if (!one || !two) throw new Error('a network is missing')
  const before = await belongingsOf(hosts[0], 'eth0')
  await hosts[0].driver.apply(aWiring({ networks: [one] }))
  const both = await hosts[0].driver.apply(aWiring({ networks: [one, two] }))
  expect(both.troubles).toEqual([{ subject: two.id, reason: `the interface eth0 leads to the network ${one.id} already` }])
  expect(await belongingsOf(hosts[0], bridgeOf(one.id))).toEqual(before)
  expect((await hosts[0].driver.apply(aWiring({ networks: [two] }))).troubles).toEqual([])
  expect(await belongingsOf(hosts[0], bridgeOf(two.id))).toEqual(before)
  expect(await hosts[0].run('ip', '-o', 'link')).not.toContain(bridgeOf(one.id))
  await hosts[0].driver.apply(aWiring())
  expect(await belongingsOf(hosts[0], 'eth0')).toEqual(before)
})

test('who was interrupted between two addresses goes on where it was, and none is lost', async () => {
  const hosts = await operatedHost()
  const network = aNetwork(15, { segment: { type: 'flat', physicalNetwork: 'provider' } }, run)
  const before = await belongingsOf(hosts[0], 'eth0')
  const bridge = bridgeOf(network.id)
  for (const words of [
    `link add name ${bridge} type bridge`,
    `link set dev ${bridge} up`,
    `link set dev eth0 master ${bridge}`,
    `addr add 192.0.2.1/24 dev ${bridge}`,
  ])
    await hosts[0].run('ip', ...words.split(' '))
  expect((await hosts[0].driver.apply(aWiring({ networks: [network] }))).troubles).toEqual([])
  expect(await belongingsOf(hosts[0], 'eth0')).toEqual([])
  expect(await belongingsOf(hosts[0], bridge)).toEqual(before)
})

test('an interface in a bridge of the operator’s stays there, and one that is not there is named', async () => {
  const host = await yard.host('a', { interfaceMappings: { provider: 'eth0', other: 'eth7' } })
  await host.run('ip', 'link', 'add', 'name', 'eth0', 'type', 'veth', 'peer', 'name', 'far0')
  await host.run('ip', 'link', 'add', 'name', 'br0', 'type', 'bridge')
  await host.run('ip', 'link', 'set', 'dev', 'eth0', 'master', 'br0')
  const [one, two] = ['provider', 'other'].map((physicalNetwork, n) =>
    aNetwork(16 + n, { segment: { type: 'flat', physicalNetwork } }, run),
  )
  if (!one || !two) throw new Error('a network is missing')
  expect((await host.driver.apply(aWiring({ networks: [one, two] }))).troubles).toEqual([
    { subject: one.id, reason: expect.stringContaining('part of br0; name that bridge in [linux_bridge] bridge_mappings') },
    { subject: two.id, reason: expect.stringContaining('no interface eth7') },
  ])
  expect(await host.run('ip', '-o', 'link', 'show', 'dev', 'eth0')).toContain('master br0')
})

test('a segment that the host cannot have is told in a sentence, and the rest is done', async () => {
  const host = await yard.host('a')
  const [local, vxlan] = [aNetwork(8, {}, run), aNetwork(9, { segment: { type: 'vxlan', vni: 5, peers: [] } }, run)]
  const { troubles } = await host.driver.apply(aWiring({ networks: [vxlan, local] }))
  expect(troubles).toEqual([{ subject: vxlan.id, reason: expect.stringContaining('[vxlan] local_ip') }])
  expect((await host.driver.observe(aWiring({ networks: [vxlan, local] }))).bridges).toHaveLength(2)
})
