import { expect } from 'vitest'
import type { SecurityGroupRule } from '../contract/firewall.ts'
import type { HostWiring, PortWiring } from '../contract/wiring.ts'
import type { Guest, Yard, YardHost } from './hosts.ts'
import { guestsOn } from './machines.ts'
import type { Peer } from './peers.ts'
import { aGroup, aNetwork, aPort, aRule, aWiring } from './wirings.ts'

export const run = process.pid & 0xffff
export const network = aNetwork(60, {}, run)
export const v4 = (n: number) => `10.0.60.${n}`
export const v6 = (n: number) => `2001:db8:60::${n}`
export const both = (n: number, more: Partial<PortWiring> = {}): PortWiring => {
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
export const tell = (title: string) => {
  const lines = heard.splice(0)
  const row = ({ what, expected, seen }: Line) =>
    `${expected === seen ? '  ' : '! '}${what.padEnd(58)} ${expected ? 'yes' : 'no '}  ${seen ? 'yes' : 'no'}`
  process.stdout.write(`${title}: expected, seen\n${lines.map(row).join('\n')}\n`)
  expect(lines.filter(({ expected, seen }) => expected !== seen)).toEqual([])
}

export type Trial = readonly [what: string, expected: boolean, tried: () => Promise<boolean>]

/** All at once: one silence takes a while, a hundred silences no longer. */
export const tryAll = async (...trials: readonly Trial[]) => {
  heard.push(...(await Promise.all(trials.map(async ([what, expected, tried]) => ({ what, expected, seen: await tried() })))))
}

export const guarded = aGroup(1, [], run)
export const members = aGroup(2, [], run)
export const [victimPort, memberPort, strangerPort] = [
  both(11, { securityGroups: [guarded.id] }),
  both(12, { securityGroups: [members.id] }),
  both(13, { securityGroups: [members.id] }),
]
/** Not filtered: stands for the rest of the world. */
export const worldPort = both(14, { hasPortSecurity: false })
export interface Scene {
  readonly host: YardHost
  /** The rules of the first guest's group, from now on. */
  readonly rule: (rules: readonly SecurityGroupRule[], more?: Partial<HostWiring>) => Promise<void>
  readonly guests: Readonly<Record<'victim' | 'member' | 'stranger' | 'world', Guest>>
  readonly peers: Readonly<Record<'victim' | 'member' | 'stranger' | 'world', Peer>>
}

/** Four guests on one bridge: the one that the rules are about, a member of another group, somebody else, and one without port security. */
export async function fourGuests(yard: Yard, rules: readonly SecurityGroupRule[]): Promise<Scene> {
  const host = await yard.host('g')
  const rule: Scene['rule'] = async (now, more = {}) => {
    const open = { ...members, rules: [...members.rules, ...anything] }
    const { troubles } = await host.driver.apply(
      aWiring({
        networks: [network],
        ports: [victimPort, memberPort, strangerPort, worldPort],
        securityGroups: [{ ...guarded, rules: now }, open],
        ...more,
      }),
    )
    expect(troubles).toEqual([])
  }
  await rule(rules)
  const ports = [victimPort, memberPort, strangerPort, worldPort]
  const [one, two, three, four] = await guestsOn(
    yard,
    ports.map(port => [host, port]),
  )
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
export const anything = [aRule({ id: 'i4' }), aRule({ id: 'i6', etherType: 'IPv6' })]
// biome-ignore format: a table
export const outward = [aRule({ id: 'e4', direction: 'egress' }), aRule({ id: 'e6', direction: 'egress', etherType: 'IPv6' })]
/** One rule for each version. */
export const twice = (rule: Partial<SecurityGroupRule>) => [aRule(rule), aRule({ ...rule, etherType: 'IPv6' })]

export const versions = [
  { name: 'v4', at: v4 },
  { name: 'v6', at: v6 },
]
