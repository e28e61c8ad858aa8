import { afterEach, beforeEach, test } from 'vitest'
import type { SecurityGroupRule } from '../../contract/firewall.ts'
import { fourGuests, guarded, members, outward, run, tell, type Trial, tryAll, twice, v4, v6, versions } from '../../kit/four-guests.ts'
import { type Guest, openYard, until, type Yard } from '../../kit/hosts.ts'
import { aRule, idOf } from '../../kit/wirings.ts'

let yard: Yard
beforeEach(() => {
  yard = openYard()
})
afterEach(() => yard.clear())

const addressGroup = idOf(0x61, 1, run)

test('what comes in is what the rules say, by protocol, port and version', async () => {
  const { rule, guests, peers } = await fourGuests(yard, outward)
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
  const { rule, peers } = await fourGuests(yard, outward)
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
  const { rule, peers, guests } = await fourGuests(yard, [...outward, ...ssh, ...web, ...pinged])
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
  const pinging = await Promise.all(versions.map(async ({ name, at }) => ({ name, goesOn: await pingsOn(guests.world, at(11)) })))
  await until('echoes come back', async () => (await Promise.all(pinging.map(each => each.goesOn()))).every(Boolean))
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

/** Echoes that run on, under one id as a real ping's do: whether more of them come back. */
async function pingsOn(guest: Guest, address: string): Promise<() => Promise<boolean>> {
  const program = await guest.starts('busybox', address.includes(':') ? 'ping6' : 'ping', '-A', '-W', '1', address)
  return async () => {
    const before = await program.printed()
    return until('another echo comes back', async () => (await program.printed()) > before + 100, 2_000).then(
      () => true,
      () => false,
    )
  }
}

test('what goes out is what the rules say, and what went out before the rule went is cut', async () => {
  const web = twice({ direction: 'egress', protocol: 'tcp', portMin: 80, portMax: 80 })
  const names = twice({ direction: 'egress', protocol: 'udp', portMin: 53, portMax: 53 })
  const { rule, peers, guests } = await fourGuests(yard, [...web, ...names])
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
  const { rule, peers } = await fourGuests(yard, outward)
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
