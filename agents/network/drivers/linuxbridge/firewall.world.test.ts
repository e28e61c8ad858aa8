import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SecurityGroupRule } from '../../contract/firewall.ts'
import type { HostWiring, PortWiring } from '../../contract/wiring.ts'
import { openYard, until, type Yard, type YardGuest, type YardHost } from '../../kit/hosts.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const network = aNetwork(20, {}, run)
/** Nobody is filtered who stands for the rest of the world. */
const world = aPort(network, 10, { hasPortSecurity: false })

interface Scene {
  readonly host: YardHost
  readonly guest: YardGuest
  readonly outside: YardGuest
  readonly wire: (more: Partial<HostWiring>) => Promise<void>
}

/** A guest under rules, and somebody outside who is not filtered. */
async function scene(port: PortWiring, rules: readonly SecurityGroupRule[]): Promise<Scene> {
  const host = await yard.host('a')
  const wire = async (more: Partial<HostWiring>) => {
    const { troubles } = await host.driver.apply(
      aWiring({ networks: [network], ports: [port, world], securityGroups: [aGroup(1, rules, run)], ...more }),
    )
    expect(troubles).toEqual([])
  }
  await wire({})
  return { host, wire, guest: await host.guest(port), outside: await host.guest(world) }
}

const group = aGroup(1, [], run)
const guestPort = aPort(network, 11, { securityGroups: [group.id] })
const ssh = aRule({ id: 'ssh', protocol: 'tcp', portMin: 22, portMax: 22 })

test('nothing comes in but answers to what went out', async () => {
  const { guest, outside } = await scene(guestPort, [])
  await outside.listen(80)
  await guest.listen(22)
  expect(await guest.pings('10.0.20.10')).toBe(true)
  expect(await guest.reaches('10.0.20.10', 80)).toBe(true)
  expect(await outside.pings('10.0.20.11')).toBe(false)
  expect(await outside.reaches('10.0.20.11', 22)).toBe(false)
})

test('a rule opens what it says and nothing else', async () => {
  const rules = [
    ssh,
    aRule({ protocol: 'tcp', portMin: 8000, portMax: 8002 }),
    aRule({ protocol: 'icmp', portMin: 8, portMax: 0, remoteCidr: '10.0.20.10/32' }),
  ]
  const { guest, outside } = await scene(guestPort, rules)
  for (const port of [22, 23, 8001, 8003]) await guest.listen(port)
  const reached = await Promise.all([22, 23, 8001, 8003].map(port => outside.reaches('10.0.20.11', port)))
  expect(reached).toEqual([true, false, true, false])
  expect(await outside.pings('10.0.20.11')).toBe(true)
})

test('a rule for one group lets its members in, and a member that leaves is out', async () => {
  const rule = aRule({ id: 'members', remoteSet: group.id })
  const { outside, wire } = await scene(guestPort, [])
  const members = (addresses: readonly string[]) => ({
    securityGroups: [aGroup(1, [rule], run)],
    addressSets: [{ id: group.id, addresses }],
  })
  await wire(members(['10.0.20.10']))
  expect(await outside.pings('10.0.20.11')).toBe(true)
  await wire(members(['10.0.20.99']))
  expect(await outside.pings('10.0.20.11')).toBe(false)
  await wire(members(['0.0.0.0/0']))
  expect(await outside.pings('10.0.20.11')).toBe(true)
})

test('a connection ends with the rule that allowed it, and others go on', async () => {
  const telnet = aRule({ id: 'telnet', protocol: 'tcp', portMin: 23, portMax: 23 })
  const { guest, outside, wire } = await scene(guestPort, [ssh, telnet])
  const talks = await Promise.all([22, 23].map(port => talk(guest, outside, port)))
  for (const each of talks) await each.says('one')
  await wire({ securityGroups: [aGroup(1, [telnet], run)] })
  await talks[1]?.says('two')
  await expect(talks[0]?.says('two', 2_000)).rejects.toThrow('was heard')
  await wire({ securityGroups: [aGroup(1, [telnet, ssh], run)] })
  expect(await outside.reaches('10.0.20.11', 22)).toBe(true)
})

/** A connection from outside to the guest, which sends everything back. */
async function talk(guest: YardGuest, outside: YardGuest, port: number) {
  await guest.listen(port)
  const client = outside.begin('busybox', 'nc', '10.0.20.11', `${port}`)
  let heard = ''
  client.stdout?.setEncoding('utf8').on('data', text => (heard += text))
  return {
    says: async (word: string, limitMs?: number) => {
      client.stdin?.write(`${word}\n`)
      await until(`${word} was heard`, async () => heard.includes(word), limitMs)
    },
  }
}

test('a guest cannot speak under an address that is not its own', async () => {
  const { guest, outside, wire } = await scene(guestPort, [aRule({})])
  await guest.run('ip', 'addr', 'add', '10.0.20.66/24', 'dev', 'eth0')
  expect(await guest.pings('10.0.20.10')).toBe(true)
  const fromOther = () =>
    guest.run('busybox', 'ping', '-c', '1', '-W', '1', '-I', '10.0.20.66', '10.0.20.10').then(
      () => true,
      () => false,
    )
  expect(await fromOther()).toBe(false)
  expect(await outside.pings('10.0.20.66')).toBe(false)
  const allowed = { ...guestPort, allowedAddressPairs: [{ ipAddress: '10.0.20.64/29', macAddress: guestPort.macAddress }] }
  await wire({ ports: [allowed, world], securityGroups: [aGroup(1, [aRule({})], run)] })
  expect(await fromOther()).toBe(true)
  expect(await outside.pings('10.0.20.66')).toBe(true)
})

test('a guest cannot speak under another MAC address, nor answer for another in ARP', async () => {
  const { guest, outside } = await scene(guestPort, [aRule({})])
  await guest.run('ip', 'addr', 'add', '10.0.20.77/24', 'dev', 'eth0')
  await outside.run('busybox', 'arping', '-c', '1', '-w', '1', '-I', 'eth0', '10.0.20.11')
  await expect(outside.run('busybox', 'arping', '-c', '1', '-w', '1', '-I', 'eth0', '10.0.20.77')).rejects.toThrow()
  await guest.run('ip', 'link', 'set', 'dev', 'eth0', 'address', 'fa:16:3e:99:99:99')
  await outside.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  expect(await guest.pings('10.0.20.10')).toBe(false)
})

test('IPv6 finds its neighbours under any rules, and is filtered as well', async () => {
  const six = { ...guestPort, fixedIps: [...guestPort.fixedIps, { subnetId: 's6', address: '2001:db8::11', prefixLength: 64 }] }
  const { guest, outside, wire } = await scene(six, [])
  await outside.run('ip', 'addr', 'add', '2001:db8::10/64', 'dev', 'eth0', 'nodad')
  await guest.listen(22)
  expect(await guest.pings('2001:db8::10')).toBe(true)
  expect(await outside.reaches('2001:db8::11', 22)).toBe(false)
  await wire({ ports: [six, world], securityGroups: [aGroup(1, [{ ...ssh, etherType: 'IPv6' }], run)] })
  expect(await outside.reaches('2001:db8::11', 22)).toBe(true)
})

test('a cable nobody told of passes nothing', async () => {
  const { host, outside } = await scene(guestPort, [])
  const stranger = await host.guest(aPort(network, 55))
  expect(await stranger.pings('10.0.20.10')).toBe(false)
  expect(await outside.pings('10.0.20.55')).toBe(false)
})

test('a port without security is not filtered and may pretend', async () => {
  const open = { ...guestPort, hasPortSecurity: false, securityGroups: [] }
  const { guest, outside } = await scene(open, [])
  await guest.run('ip', 'addr', 'add', '10.0.20.88/24', 'dev', 'eth0')
  expect(await outside.pings('10.0.20.88')).toBe(true)
})

test('a stateless group lets in what its rules say and no answers', async () => {
  const { guest, outside, wire } = await scene(guestPort, [])
  const stateless = (rules: readonly SecurityGroupRule[]) => ({ securityGroups: [{ ...aGroup(1, rules, run), isStateful: false }] })
  await outside.listen(80)
  await wire(stateless([]))
  expect(await guest.reaches('10.0.20.10', 80)).toBe(false)
  await wire(stateless([aRule({ protocol: 'tcp' })]))
  expect(await guest.reaches('10.0.20.10', 80)).toBe(true)
})

test('rules somebody took away by hand come back', async () => {
  const { host, outside } = await scene(guestPort, [])
  await host.run('iptables', '-F', 'FORWARD')
  expect(await outside.pings('10.0.20.11')).toBe(true)
  const wiring = aWiring({ networks: [network], ports: [guestPort, world], securityGroups: [aGroup(1, [], run)] })
  expect(await host.driver.apply(wiring, { isThorough: true })).toMatchObject({ troubles: [] })
  expect(await outside.pings('10.0.20.11')).toBe(false)
})

test('the rules change without a packet lost', async () => {
  const { guest, wire } = await scene(guestPort, [])
  const pinging = guest.begin('busybox', 'ping', '-A', '-c', '200', '-W', '1', '10.0.20.10')
  let told = ''
  pinging.stdout?.setEncoding('utf8').on('data', text => (told += text))
  const ended = new Promise(resolve => pinging.once('close', resolve))
  for (const port of [1, 2, 3, 4]) await wire({ securityGroups: [aGroup(1, [{ ...ssh, portMin: port, portMax: port }], run)] })
  await ended
  expect(told).toContain(' 0% packet loss')
})
