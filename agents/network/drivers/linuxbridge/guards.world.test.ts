import { writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { SecurityGroupRule } from '../../contract/firewall.ts'
import type { HostWiring, PortWiring } from '../../contract/wiring.ts'
import { openYard, until, type Yard, type YardGuest, type YardHost } from '../../kit/hosts.ts'
import type { Peer } from '../../kit/peers.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring, idOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const run = process.pid & 0xffff
const network = aNetwork(60, {}, run)
const v4 = (n: number) => `10.0.60.${n}`
const v6 = (n: number) => `2001:db8:60::${n}`
const both = (n: number, more: Partial<PortWiring> = {}): PortWiring => {
  const port = aPort(network, n, more)
  return { ...port, fixedIps: [...port.fixedIps, { subnetId: 's6', address: v6(n), prefixLength: 64 }] }
}

/** What was tried, what the rules promise, and what was seen: told as a table, and equal in every line. */
interface Line {
  readonly what: string
  readonly expected: boolean
  readonly seen: boolean
}

const heard: Line[] = []
const tell = (title: string) => {
  const lines = heard.splice(0)
  const row = ({ what, expected, seen }: Line) =>
    `${expected === seen ? '  ' : '! '}${what.padEnd(58)} ${expected ? 'yes' : 'no '}  ${seen ? 'yes' : 'no'}`
  process.stdout.write(`${title}: expected, seen\n${lines.map(row).join('\n')}\n`)
  expect(lines.filter(({ expected, seen }) => expected !== seen)).toEqual([])
}

type Trial = readonly [what: string, expected: boolean, tried: () => Promise<boolean>]

/** All at once: silence takes a second, a hundred silences as well. */
const tryAll = async (...trials: readonly Trial[]) => {
  heard.push(...(await Promise.all(trials.map(async ([what, expected, tried]) => ({ what, expected, seen: await tried() })))))
}

const guarded = aGroup(1, [], run)
const members = aGroup(2, [], run)
const [victimPort, memberPort, strangerPort] = [
  both(11, { securityGroups: [guarded.id] }),
  both(12, { securityGroups: [members.id] }),
  both(13, { securityGroups: [members.id] }),
]
/** Not filtered: stands for the rest of the world. */
const worldPort = both(14, { hasPortSecurity: false })
const addressGroup = idOf(0x61, 1, run)

interface Scene {
  readonly host: YardHost
  /** The rules of the first guest's group, from now on. */
  readonly rule: (rules: readonly SecurityGroupRule[], more?: Partial<HostWiring>) => Promise<void>
  readonly guests: Readonly<Record<'victim' | 'member' | 'stranger' | 'world', YardGuest>>
  readonly peers: Readonly<Record<'victim' | 'member' | 'stranger' | 'world', Peer>>
}

/** Four guests on one bridge: the one that the rules are about, a member of another group, somebody else, and one without port security. */
async function scene(rules: readonly SecurityGroupRule[], victim: PortWiring = victimPort): Promise<Scene> {
  const host = await yard.host('g')
  const rule: Scene['rule'] = async (now, more = {}) => {
    const open = { ...members, rules: [...members.rules, ...anything] }
    const { troubles } = await host.driver.apply(
      aWiring({
        networks: [network],
        ports: [victim, memberPort, strangerPort, worldPort],
        securityGroups: [{ ...guarded, rules: now }, open],
        ...more,
      }),
    )
    expect(troubles).toEqual([])
  }
  await rule(rules)
  const [one, two, three, four] = await Promise.all([victim, memberPort, strangerPort, worldPort].map(port => host.guest(port)))
  if (!one || !two || !three || !four) throw new Error('a guest is missing')
  const [a, b, c, d] = await Promise.all([one, two, three, four].map(guest => guest.peer()))
  if (!a || !b || !c || !d) throw new Error('a peer is missing')
  return {
    host,
    rule,
    guests: { victim: one, member: two, stranger: three, world: four },
    peers: { victim: a, member: b, stranger: c, world: d },
  }
}

// biome-ignore format: a table
const anything = [aRule({ id: 'i4' }), aRule({ id: 'i6', etherType: 'IPv6' })]
// biome-ignore format: a table
const outward = [aRule({ id: 'e4', direction: 'egress' }), aRule({ id: 'e6', direction: 'egress', etherType: 'IPv6' })]
/** One rule for each version. */
const twice = (rule: Partial<SecurityGroupRule>) => [aRule(rule), aRule({ ...rule, etherType: 'IPv6' })]

const versions = [
  { name: 'v4', at: v4 },
  { name: 'v6', at: v6 },
]

test('what comes in is what the rules say, by protocol, port and version', async () => {
  const { rule, guests, peers } = await scene(outward)
  await peers.victim.echoes('tcp', 22, 23, 8000, 8002, 8003, 9000)
  await peers.victim.echoes('udp', 53, 54)
  await peers.world.echoes('tcp', 80)
  await peers.world.echoes('udp', 123)
  const from = (who: 'member' | 'world', ports: readonly [over: 'tcp' | 'udp', port: number, expected: boolean][], rules: string) =>
    versions.flatMap(({ name, at }) =>
      ports.map(
        ([over, port, expected]): Trial => [
          `${rules}: ${name} ${over} ${port} from ${who}`,
          expected,
          () => peers[who].reaches(over, at(11), port),
        ],
      ),
    )
  const pings = (expected: boolean, rules: string): readonly Trial[] =>
    versions.map(({ name, at }) => [`${rules}: ${name} echo from world`, expected, () => guests.world.pings(at(11))])
  await tryAll(
    ...from(
      'world',
      [
        ['tcp', 22, false],
        ['udp', 53, false],
      ],
      'no rules',
    ),
    ...pings(false, 'no rules'),
    ...versions.flatMap(({ name, at }): readonly Trial[] => [
      [`no rules: ${name} tcp 80 outwards`, true, () => peers.victim.reaches('tcp', at(14), 80)],
      [`no rules: ${name} udp 123 outwards`, true, () => peers.victim.reaches('udp', at(14), 123)],
      [`no rules: ${name} echo outwards`, true, () => guests.victim.pings(at(14))],
    ]),
  )
  await rule([
    ...outward,
    ...twice({ protocol: 'tcp', portMin: 22, portMax: 22 }),
    ...twice({ protocol: 'tcp', portMin: 8000, portMax: 8002 }),
    ...twice({ protocol: 'udp', portMin: 53, portMax: 53 }),
    aRule({ protocol: 'icmp', portMin: 8, portMax: 0 }),
    aRule({ protocol: 'ipv6-icmp', portMin: 128, etherType: 'IPv6' }),
    aRule({ protocol: 'tcp', portMin: 9000, portMax: 9000, remoteCidr: `${v4(12)}/32` }),
    aRule({ protocol: 'tcp', portMin: 9000, portMax: 9000, remoteCidr: `${v6(12)}/128`, etherType: 'IPv6' }),
  ])
  const opened: [over: 'tcp' | 'udp', port: number, expected: boolean][] = [
    ['tcp', 22, true],
    ['tcp', 23, false],
    ['tcp', 8000, true],
    ['tcp', 8002, true],
    ['tcp', 8003, false],
    ['udp', 53, true],
    ['udp', 54, false],
  ]
  await tryAll(
    ...from('world', [...opened, ['tcp', 9000, false]], 'some rules'),
    ...from('member', [['tcp', 9000, true]], 'some rules'),
    ...pings(true, 'some rules'),
  )
  await rule([...outward, ...twice({ protocol: 'tcp' }), ...twice({ protocol: 'udp' }), ...twice({ protocol: 'icmp' })])
  await tryAll(
    ...from(
      'world',
      [
        ['tcp', 23, true],
        ['udp', 54, true],
      ],
      'whole protocols',
    ),
    ...pings(true, 'whole protocols'),
  )
  tell('what comes in')
})

test('a rule for a group or for a group of addresses is about its members, while they are members', async () => {
  const rules = [
    ...outward,
    ...twice({ protocol: 'tcp', portMin: 22, portMax: 22, remoteSet: members.id }),
    ...twice({ protocol: 'tcp', portMin: 80, portMax: 80, remoteSet: addressGroup }),
  ]
  const sets = (group: readonly string[], addresses: readonly string[]) => ({
    addressSets: [
      { id: members.id, addresses: group },
      { id: addressGroup, addresses },
    ],
  })
  const { rule, peers } = await scene(outward)
  await peers.victim.echoes('tcp', 22, 80)
  const from = (when: string, ports: readonly [who: 'member' | 'stranger' | 'world', port: number, expected: boolean][]) =>
    versions.flatMap(({ name, at }) =>
      ports.map(
        ([who, port, expected]): Trial => [
          `${when}: ${name} tcp ${port} from ${who}`,
          expected,
          () => peers[who].reaches('tcp', at(11), port),
        ],
      ),
    )
  await rule(rules, sets([v4(12), v6(12)], [`${v4(14)}/32`, '2001:db8:60::14/127']))
  await tryAll(
    ...from('members', [
      ['member', 22, true],
      ['member', 80, false],
      ['stranger', 22, false],
      ['world', 22, false],
      ['world', 80, true],
    ]),
  )
  const talks = await Promise.all(versions.map(({ at }) => peers.member.opens(at(11), 22)))
  await rule(rules, sets([v4(13), v6(13)], ['0.0.0.0/0', '::/0']))
  await tryAll(
    ...from('others', [
      ['member', 22, false],
      ['member', 80, true],
      ['stranger', 22, true],
      ['stranger', 80, true],
      ['world', 22, false],
    ]),
  )
  await tryAll(
    ...talks.map((talk, index): Trial => [`others: the ${versions[index]?.name} connection of who left`, false, () => talk.goesOn()]),
  )
  tell('remote groups')
})

test('connections live as long as what allowed them, and those begun from inside go on', async () => {
  const [ssh, web] = [
    twice({ id: 'ssh', protocol: 'tcp', portMin: 22, portMax: 22 }),
    twice({ id: 'web', protocol: 'tcp', portMin: 80, portMax: 80 }),
  ]
  const pinged = [aRule({ protocol: 'icmp' }), aRule({ protocol: 'ipv6-icmp', etherType: 'IPv6' })]
  const { rule, peers, guests } = await scene([...outward, ...ssh, ...web, ...pinged])
  await peers.victim.echoes('tcp', 22, 80)
  await peers.world.echoes('tcp', 80)
  const talks = await Promise.all(
    versions.map(async ({ name, at }) => ({
      name,
      ssh: await peers.world.opens(at(11), 22),
      web: await peers.world.opens(at(11), 80),
      out: await peers.victim.opens(at(14), 80),
    })),
  )
  const pinging = versions.map(({ name, at }) => ({ name, ...pingsOn(guests.world, at(11)) }))
  await until('echoes come back', async () => pinging.every(each => each.count() > 0))
  const trials = (when: string, expected: readonly [ssh: boolean, web: boolean, out: boolean, echo: boolean]): readonly Trial[] => [
    ...talks.flatMap((talk): readonly Trial[] => [
      [`${when}: ${talk.name} connection to 22`, expected[0], () => talk.ssh.goesOn()],
      [`${when}: ${talk.name} connection to 80`, expected[1], () => talk.web.goesOn()],
      [`${when}: ${talk.name} connection outwards`, expected[2], () => talk.out.goesOn()],
    ]),
    ...pinging.map((each): Trial => [`${when}: ${each.name} running echoes`, expected[3], each.goesOn]),
  ]
  await tryAll(...trials('before', [true, true, true, true]))
  await rule([...outward, ...web, ...pinged, ...twice({ id: 'more', protocol: 'tcp', portMin: 443, portMax: 443 })])
  await tryAll(...trials('22 closed', [false, true, true, true]))
  await rule([...outward, ...web])
  await tryAll(...trials('echo closed', [false, true, true, false]))
  await rule([...outward, ...ssh])
  await tryAll(...trials('80 closed', [false, false, true, false]))
  await tryAll(
    ...versions.map(
      ({ name, at }): Trial => [`22 open again: a new ${name} connection`, true, () => peers.world.reaches('tcp', at(11), 22)],
    ),
  )
  tell('connections')
})

/** Echoes that run on, under one id as a real ping's do. */
function pingsOn(guest: YardGuest, address: string) {
  const child = guest.begin('busybox', address.includes(':') ? 'ping6' : 'ping', '-A', '-W', '1', address)
  let count = 0
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (count += text.split('bytes from').length - 1))
  return {
    count: () => count,
    goesOn: async () => {
      const before = count
      return until('another echo comes back', async () => count > before + 1, 2_000).then(
        () => true,
        () => false,
      )
    },
  }
}

test('what goes out is what the rules say, and what went out before the rule went is cut', async () => {
  const web = twice({ direction: 'egress', protocol: 'tcp', portMin: 80, portMax: 80 })
  const names = twice({ direction: 'egress', protocol: 'udp', portMin: 53, portMax: 53 })
  const { rule, peers, guests } = await scene([...web, ...names])
  await peers.world.echoes('tcp', 80, 81)
  await peers.world.echoes('udp', 53, 54)
  await tryAll(
    ...versions.flatMap(({ name, at }): readonly Trial[] => [
      [`${name} tcp 80 outwards`, true, () => peers.victim.reaches('tcp', at(14), 80)],
      [`${name} tcp 81 outwards`, false, () => peers.victim.reaches('tcp', at(14), 81)],
      [`${name} udp 53 outwards`, true, () => peers.victim.reaches('udp', at(14), 53)],
      [`${name} udp 54 outwards`, false, () => peers.victim.reaches('udp', at(14), 54)],
    ]),
    ['v4 echo outwards', false, () => guests.victim.pings(v4(14))],
  )
  const talks = await Promise.all(versions.map(({ at }) => peers.victim.opens(at(14), 80)))
  await rule(names)
  await tryAll(
    ...talks.map((talk, index): Trial => [`80 closed: the ${versions[index]?.name} connection`, false, () => talk.goesOn()]),
    ...versions.map(({ name, at }): Trial => [`80 closed: ${name} udp 53 outwards`, true, () => peers.victim.reaches('udp', at(14), 53)]),
  )
  tell('what goes out')
})

test('a stateless group knows no answers', async () => {
  const stateless = (rules: readonly SecurityGroupRule[]) => ({
    securityGroups: [{ ...guarded, rules: [...outward, ...rules], isStateful: false }],
  })
  const { rule, peers } = await scene(outward)
  await peers.world.echoes('tcp', 80)
  await peers.world.echoes('udp', 53)
  await peers.victim.echoes('tcp', 22)
  const trials = (when: string, expected: boolean): readonly Trial[] =>
    versions.flatMap(({ name, at }): readonly Trial[] => [
      [`${when}: ${name} tcp 80 outwards`, expected, () => peers.victim.reaches('tcp', at(14), 80)],
      [`${when}: ${name} udp 53 outwards`, expected, () => peers.victim.reaches('udp', at(14), 53)],
      [`${when}: ${name} tcp 22 inwards`, expected, () => peers.world.reaches('tcp', at(11), 22)],
    ])
  await rule([], stateless([]))
  await tryAll(...trials('no rules', false))
  await rule([], stateless([...twice({ protocol: 'tcp' }), ...twice({ protocol: 'udp' })]))
  await tryAll(...trials('rules for both ways', true))
  tell('stateless')
})

test('a guest is who its port says, in IPv4, IPv6, ARP, neighbour discovery and Ethernet', async () => {
  const { host, guests, peers, rule } = await scene([...outward, ...anything])
  await peers.world.echoes('tcp', 80)
  for (const [address, ...more] of [['10.0.60.66/24'], ['10.0.60.88/32'], ['2001:db8:60::66/64', 'nodad']] as const)
    await guests.victim.run('ip', 'addr', 'add', address, 'dev', 'eth0', ...more)
  // The kernel answers for others as itself: that its own address is the sender's does not make the answer true.
  await guests.victim.run('sysctl', '-q', '-w', 'net.ipv6.conf.all.proxy_ndp=1', 'net.ipv6.conf.all.forwarding=1')
  await guests.victim.run('ip', 'neigh', 'add', 'proxy', v6(99), 'dev', 'eth0')
  const as = (from: string, to: string) => () => peers.victim.reaches('tcp', to, 80, from)
  const answersFor = (address: string) => () => resolves(guests.stranger, address)
  const claims = () => believesClaim(guests, v4(88))
  await tryAll(
    ['its own v4 address', true, as(v4(11), v4(14))],
    ['its own v6 address', true, as(v6(11), v6(14))],
    ['another v4 address', false, as(v4(66), v4(14))],
    ['another v6 address', false, as(v6(66), v6(14))],
    ['answers ARP for itself', true, answersFor(v4(11))],
    ['answers ARP for another', false, answersFor(v4(66))],
    ['answers neighbours for itself', true, answersFor(v6(11))],
    ['answers neighbours for another', false, answersFor(v6(66))],
    ['answers neighbours as itself for another', false, answersFor(v6(99))],
    ['claims another address by ARP', false, claims],
  )
  const pair = (ipAddress: string, macAddress = victimPort.macAddress) => ({ ipAddress, macAddress })
  const otherMac = 'fa:16:3e:99:99:99'
  const more = { ...victimPort, allowedAddressPairs: [pair('10.0.60.64/29'), pair('2001:db8:60::66'), pair(v4(11), otherMac)] }
  await rule([...outward, ...anything], { ports: [more, memberPort, strangerPort, worldPort] })
  await tryAll(
    ['allowed: another v4 address', true, as(v4(66), v4(14))],
    ['allowed: another v6 address', true, as(v6(66), v6(14))],
    ['allowed: answers ARP for another', true, answersFor(v4(66))],
    ['allowed: answers neighbours for another', true, answersFor(v6(66))],
    ['allowed: answers neighbours as itself for a third', false, answersFor(v6(99))],
  )
  await guests.victim.run('ip', 'link', 'set', 'dev', 'eth0', 'address', otherMac)
  await guests.world.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await tryAll(['allowed: another MAC address', true, () => guests.victim.pings(v4(14))])
  await rule([...outward, ...anything])
  await guests.world.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await tryAll(['another MAC address', false, () => guests.victim.pings(v4(14))])
  const free = { ...victimPort, hasPortSecurity: false, securityGroups: [] }
  await rule([...outward, ...anything], { ports: [free, memberPort, strangerPort, worldPort] })
  await guests.world.run('ip', 'neigh', 'flush', 'dev', 'eth0')
  await tryAll(
    ['without port security: another MAC address', true, () => guests.victim.pings(v4(14))],
    ['without port security: another v4 address', true, as(v4(66), v4(14))],
    ['without port security: another v6 address', true, as(v6(66), v6(14))],
    ['without port security: claims by ARP', true, claims],
    ['without port security: answers neighbours for another', true, answersFor(v6(99))],
  )
  const unknown = await host.guest(both(77))
  await tryAll(['a cable nobody told of', false, () => unknown.pings(v4(14))])
  tell('who a guest is')
})

/** Whether somebody answers when asked who has an address. */
async function resolves(guest: YardGuest, address: string): Promise<boolean> {
  await guest.run('ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0')
  await guest.pings(address)
  return /lladdr/.test(await guest.run('ip', 'neigh', 'show', address, 'dev', 'eth0'))
}

/** The first guest tells everybody that it has an address; whether the third believes it. */
async function believesClaim({ victim, stranger }: Scene['guests'], address: string): Promise<boolean> {
  await stranger.run('sysctl', '-q', '-w', 'net.ipv4.conf.eth0.arp_accept=1')
  await stranger.run('ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0')
  await victim.run('arping', '-U', '-q', '-c', '2', '-I', 'eth0', address)
  return (await stranger.run('ip', 'neigh', 'show', address, 'dev', 'eth0')).includes('lladdr')
}

test('a guest is neither a DHCP server nor a router to others', async () => {
  const { host, guests, rule } = await scene([...outward, ...anything])
  const asking = guests.stranger
  const rogue = async (guest: YardGuest, n: number) => {
    const paths = { conf: `${host.stateDir}/rogue${n}.conf`, pid: `${host.stateDir}/rogue${n}.pid` }
    await writeFile(
      paths.conf,
      `interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8:${n}::/64 { AdvOnLink on; AdvAutonomous on; }; };\n`,
    )
    await guest.run('sysctl', '-q', '-w', 'net.ipv6.conf.all.forwarding=1')
    guest.begin('radvd', '-n', '-C', paths.conf, '-p', paths.pid, '-m', 'stderr')
    const range = ['--dhcp-range=10.0.60.200,10.0.60.210,255.255.255.0,1h', `--dhcp-leasefile=${host.stateDir}/rogue${n}.leases`]
    guest.begin(
      'dnsmasq',
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--port=0',
      '--user=root',
      '--interface=eth0',
      '--bind-dynamic',
      `--pid-file=${paths.pid}.d`,
      ...range,
    )
  }
  const leased = () =>
    asking.run('busybox', 'udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '3', '-T', '1', '-s', '/bin/true').then(
      () => true,
      () => false,
    )
  const advertised = (n: number) => () =>
    until(
      'an address came',
      async () => (await asking.run('ip', '-6', 'addr', 'show', 'dev', 'eth0')).includes(`2001:db8:${n}:`),
      5_000,
    ).then(
      () => true,
      () => false,
    )
  await rogue(guests.victim, 66)
  await tryAll(['a guarded guest leases addresses', false, leased], ['a guarded guest announces a prefix', false, advertised(66)])
  await rule([...outward, ...anything], {
    ports: [{ ...victimPort, hasPortSecurity: false, securityGroups: [] }, memberPort, strangerPort, worldPort],
  })
  await tryAll(
    ['without port security: leases addresses', true, leased],
    ['without port security: announces a prefix', true, advertised(66)],
  )
  tell('rogue servers')
})
