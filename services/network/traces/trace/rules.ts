import { contains, versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import type { SecurityGroupRule, SecurityGroupWiring } from '@kilonova/network-agent/contract/firewall.ts'
import { protocolNumberOf } from '@kilonova/network-agent/contract/protocols.ts'
import { type Flow, ruleThatAllows } from '@kilonova/network-agent/contract/verdict.ts'
import type { WiredPort } from '../../wiring/wiring/landscape.ts'
import { groupWirings } from '../../wiring/wiring/groups.ts'
import { portWiring } from '../../wiring/wiring/wiring.ts'
import { type Packet, protocolNames, type Trouble } from './trace.ts'
import { nameOf, type World } from './world.ts'

type Direction = SecurityGroupRule['direction']

export interface Judgement {
  /** The rule that lets the packet through; nothing where no rule is needed. */
  readonly rule?: SecurityGroupRule | undefined
  readonly group?: string | undefined
  readonly trouble?: Trouble | undefined
  readonly says: string
  /** Judged again as if some rules were not there, or some were members of nothing. */
  passesWithout(ruleIds: readonly string[]): boolean
  /** Whether it passes only as a member of this set, whose id begins like that. */
  needsMember(setId: string, addresses: readonly string[]): boolean
}

/** What asks for an echo, in both versions. */
const echo: Readonly<Record<number, number>> = { 1: 8, 58: 128 }

const flowOf = ({ protocol, source, destination, port }: Packet): Flow => ({
  ...{ protocol, source, destination },
  ...(echo[protocol] === undefined ? { destinationPort: port } : { destinationPort: echo[protocol], icmpCode: 0 }),
})

/** What a port's security groups say of a packet, and why. */
export function judge(world: World, port: WiredPort, direction: Direction, packet: Packet): Judgement {
  const { groups, sets } = groupWirings([port], world)
  const members = new Map(sets.map(set => [set.id, set.addresses]))
  const isMember = (id: string, address: string) => (members.get(id) ?? []).some(member => contains(member, address))
  const flow = flowOf(packet)
  const at = { port: portWiring(port, world), direction }
  const remote = direction === 'ingress' ? packet.source : packet.destination
  const always = { passesWithout: () => true, needsMember: () => false }
  if (packet.protocol === 58 && direction === 'egress') return { ...always, says: 'ICMPv6 goes out whatever the rules say' }
  const rule = ruleThatAllows(flow, at, { groups, isMember })
  if (!rule) return { ...always, says: '', trouble: refusal({ world, port, direction, packet, groups, members, remote }) }
  const group = groups.find(({ rules }) => rules.includes(rule))?.id ?? ''
  const without = (ids: readonly string[]) =>
    ruleThatAllows(flow, at, {
      isMember,
      groups: groups.map(each => ({ ...each, rules: each.rules.filter(({ id }) => !ids.includes(id)) })),
    })
  const outside = (setId: string, gone: readonly string[]) => (id: string, address: string) =>
    isMember(id, address) && !(id.startsWith(setId) && gone.some(member => contains(member, address)))
  return {
    rule,
    group,
    says: `rule ${rule.id} of group ${nameOf(world, group)}: ${ruleWords(world, rule)}`,
    passesWithout: ids => without(ids) !== undefined,
    needsMember: (setId, gone) => ruleThatAllows(flow, at, { groups, isMember: outside(setId, gone) }) === undefined,
  }
}

/** `tcp 22 from 10.0.0.0/8` */
export function ruleWords(world: Pick<World, 'names'>, rule: SecurityGroupRule): string {
  const { direction, protocol = 'any protocol', portMin, portMax, remoteCidr, remoteSet } = rule
  const ports = portMin === undefined ? '' : portMin === portMax || portMax === undefined ? ` ${portMin}` : ` ${portMin}-${portMax}`
  const who = remoteSet === undefined ? (remoteCidr ?? 'anywhere') : `members of ${nameOf(world, remoteSet)}`
  return `${protocol}${ports} ${direction === 'ingress' ? 'from' : 'to'} ${who}`
}

interface Refused {
  readonly world: World
  readonly port: WiredPort
  readonly direction: Direction
  readonly packet: Packet
  readonly groups: readonly SecurityGroupWiring[]
  readonly members: ReadonlyMap<string, readonly string[]>
  readonly remote: string
}

/** Which rule comes nearest, and what keeps it from fitting. */
function refusal(refused: Refused): Trouble {
  const { world, port, direction, packet, groups, members, remote } = refused
  const wanted = `${protocolNames[packet.protocol] ?? packet.protocol}${packet.port === undefined ? '' : ` ${packet.port}`}`
  const toOrFrom = direction === 'ingress' ? 'from' : 'to'
  const remedy = remedyOf(refused)
  if (groups.length === 0) return { why: `port ${port.id} has no security group, so nothing may pass`, remedy }
  const rules = groups.flatMap(group => group.rules).filter(rule => rule.direction === direction)
  const same = rules.filter(rule => rule.etherType === `IPv${versionOf(remote)}` && suits(rule, packet))
  const names = groups.map(({ id }) => nameOf(world, id)).join(', ')
  const lacks = `no rule of ${names} lets ${wanted} ${toOrFrom} ${remote} through`
  const ofSet = same.find(({ remoteSet }) => remoteSet !== undefined)
  if (ofSet?.remoteSet !== undefined) {
    const count = members.get(ofSet.remoteSet)?.length ?? 0
    const whose = `rule ${ofSet.id} asks for a member of ${nameOf(world, ofSet.remoteSet)}`
    return { why: `${lacks}: ${whose}, ${count === 0 ? 'which has none' : `and ${remote} is none`}`, remedy }
  }
  const ofCidr = same.find(({ remoteCidr }) => remoteCidr !== undefined)
  if (ofCidr) return { why: `${lacks}: rule ${ofCidr.id} is for ${ofCidr.remoteCidr} alone`, remedy }
  const others = rules.filter(rule => rule.etherType === `IPv${versionOf(remote)}`).map(rule => ruleWords(world, rule))
  return { why: `${lacks}${others.length === 0 ? '' : `; there is ${others.slice(0, 3).join('; ')}`}`, remedy }
}

/** But for who is at the other end. */
function suits(rule: SecurityGroupRule, { protocol, port }: Packet): boolean {
  const number = protocolNumberOf(rule)
  if (number !== undefined && number !== protocol) return false
  if (rule.portMin === undefined || protocol === 1 || protocol === 58) return true
  return port !== undefined && port >= rule.portMin && port <= (rule.portMax ?? rule.portMin)
}

function remedyOf({ world, direction, packet, groups, remote }: Refused): string {
  const [group] = groups
  if (!group) return 'openstack port set --security-group GROUP PORT'
  const port = packet.port === undefined ? '' : ` --dst-port ${packet.port}`
  const six = versionOf(remote) === 6 ? ' --ethertype IPv6' : ''
  const protocol = packet.protocol === 58 ? 'icmp' : (protocolNames[packet.protocol] ?? packet.protocol)
  const cidr = `${remote}/${versionOf(remote) === 6 ? 128 : 32}`
  return `openstack security group rule create --${direction} --protocol ${protocol}${port}${six} --remote-ip ${cidr} ${nameOf(world, group.id)}`
}
