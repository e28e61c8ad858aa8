import { versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import type { WiredPort } from '../../wiring/wiring/landscape.ts'
import { besides, metadataAddress, toDhcp, toMetadata } from './servers.ts'
import type { Packet, Plan, PlannedHop, Question } from './trace.ts'
import { beginWalk, deliver, floatingTrouble, fromGuest, outerPortOf, throughRouter, type Walk } from './walk.ts'
import { outward } from './wire-hops.ts'
import type { End } from './words.ts'
import { addressOf, guestName, portAt, routerOf, subnetsOf, type World } from './world.ts'

/** The way a packet takes by what the tables say, and the way its answer takes. */
export function planOf(world: World, { from, to }: { readonly from: End; readonly to: End }, question: Question): Plan {
  const names = { from: nameOfEnd(world, from), to: nameOfEnd(world, to) }
  const packet = packetOf(from, to, question)
  if (to.kind === 'dhcp' || to.kind === 'metadata') {
    if (from.kind !== 'port') return { ...names, packet, hops: [onlyGuests(to.kind)] }
    const hops = to.kind === 'dhcp' ? toDhcp(world, from.port, packet) : toMetadata(world, from.port, packet)
    return { ...names, packet, hops }
  }
  const walk = beginWalk(world, packet)
  if (from.kind === 'port') fromGuest(walk, from.port)
  else fromOutside(walk, to)
  const ends = [...(from.kind === 'port' ? [from.port] : []), ...(walk.end?.kind === 'guest' ? [walk.end.port] : [])]
  const lives = ends.flatMap(port => besides(world, port))
  return { ...names, packet, hops: [...walk.hops, ...answersOf(walk), ...withoutTwins(lives)] }
}

const onlyGuests = (kind: string): PlannedHop => ({
  ...{ where: 'outside', what: 'who asks', says: '' },
  trouble: { why: `only servers ask for ${kind}`, remedy: 'name a server' },
})

function nameOfEnd(world: World, end: End): string {
  if (end.kind === 'port') return `${guestName(world, end.port)} (${end.address})`
  if (end.kind === 'outside') return end.isAnywhere ? 'outside' : end.address
  return end.kind
}

function packetOf(from: End, to: End, { protocol, port }: Question): Packet {
  const source = 'address' in from ? from.address : '0.0.0.0'
  if (to.kind === 'dhcp') return { protocol: 17, source: '0.0.0.0', destination: '255.255.255.255', port: 67 }
  if (to.kind === 'metadata')
    return {
      protocol: 6,
      source: from.kind === 'port' ? (addressOf(from.port, 4) ?? source) : source,
      destination: metadataAddress,
      port: 80,
    }
  const destination = 'address' in to ? to.address : ''
  const name = protocol ?? (port === undefined ? 'icmp' : 'tcp')
  const number = name === 'tcp' ? 6 : name === 'udp' ? 17 : versionOf(destination) === 6 ? 58 : 1
  return { protocol: number, source, destination, ...(port !== undefined && number !== 1 && number !== 58 && { port }) }
}

/** Outside knows floating addresses, what is plugged into outer networks, and in IPv6 whatever a router has. */
function fromOutside(walk: Walk, to: End): void {
  const { world, hops, packet } = walk
  hops.push({ where: 'outside', what: 'the world', says: `${packet.source} asks` })
  const unserved = floatingTrouble(world, packet.destination)
  if (unserved) {
    hops.push({ where: packet.destination, what: 'floating IP', says: '', trouble: unserved })
    return
  }
  const entry = entryFor(walk, to)
  if (!entry) {
    const why = `nobody outside knows the way to ${packet.destination}`
    const remedy = to.kind === 'port' ? 'give the server a floating IP, and ask for that' : 'ask for a server or a floating IP'
    hops.push({ where: packet.destination, what: 'who has it', says: '', trouble: { why, remedy } })
    return
  }
  const router = routerOf(world, entry)
  const host = router?.hosts[0] ?? entry.bindingHostId
  hops.push(...outward(world, entry.networkId, host))
  if (router) throughRouter(walk, router, entry)
  else deliver(walk, { networkId: entry.networkId, host, address: packet.destination })
}

/** The port at which it comes into the cloud. */
function entryFor({ world, packet }: Walk, to: End): WiredPort | undefined {
  const floating = world.floatingPools.get(packet.destination)
  if (floating?.routerId) return outerPortOf(world, floating.routerId, floating.networkId)
  if (to.kind !== 'port') return undefined
  if (world.outerNetworks.has(to.port.networkId)) return to.port
  if (versionOf(packet.destination) === 4) return undefined
  const [gateway] = subnetsOf(world, to.port, 6).flatMap(({ gatewayIp }) => portAt(world, to.port.networkId, gatewayIp ?? '') ?? [])
  const router = gateway && routerOf(world, gateway)
  return router && outerPortOf(world, router.id, undefined)
}

/** The way back, where it is another: what the way there has already been asked is not asked again. */
function answersOf(walk: Walk): readonly PlannedHop[] {
  const { end, world, packet, hops } = walk
  if (!end || end.kind === 'router' || hops.some(({ trouble }) => trouble)) return []
  const back = beginWalk(world, { ...packet, source: packet.destination, destination: packet.source }, true)
  back.translations.push(...walk.translations)
  for (const [routerId, gateway] of walk.entries) back.entries.set(routerId, gateway)
  if (end.kind === 'guest') fromGuest(back, end.port)
  else {
    const gateway = end.router && outerPortOf(world, end.router.id, end.networkId)
    if (end.router && gateway) throughRouter(back, end.router, gateway)
  }
  const asked = new Set(hops.map(keyOf))
  const missed = walk.routers.find(
    ({ id }) => walk.translations.some(one => one.routerId === id) && !back.routers.some(one => one.id === id),
  )
  const lost: readonly PlannedHop[] = missed && end.kind === 'guest' ? [lostAnswer(world, end.port, missed.id)] : []
  return [...back.hops, ...lost].filter(hop => hop.trouble || !asked.has(keyOf(hop))).map(hop => ({ ...hop, what: `back: ${hop.what}` }))
}

function lostAnswer(world: World, port: WiredPort, routerId: string): PlannedHop {
  const why = `answers of ${guestName(world, port)} do not go back through router ${world.names.get(routerId) || routerId}, which changed the addresses`
  return {
    where: guestName(world, port),
    what: 'its route',
    says: '',
    trouble: { why, remedy: 'let that router have the address of the subnet’s gateway' },
  }
}

/** A hop whose rules are judged the other way round is another hop, and so is the way that a router takes back. */
const keyOf = ({ where, host, what, says }: PlannedHop) =>
  `${where} ${host ?? ''} ${what.startsWith('to ') ? what : ''}${ofRules.includes(what) ? what : ''}${what === 'its route' ? `${what} ${says}` : ''}`

const ofRules: readonly string[] = ['what it lets in', 'what it may send']

const withoutTwins = (hops: readonly PlannedHop[]): readonly PlannedHop[] => [
  ...new Map(hops.map(hop => [`${hop.where} ${hop.what} ${hop.says}`, hop])).values(),
]
