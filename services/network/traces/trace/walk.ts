import { contains, versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import { gatewayDeviceOf } from '@kilonova/network-agent/contract/names.ts'
import type { WiredPort, WiredRouter } from '../../wiring/wiring/landscape.ts'
import { gatewayOn, gatewaysOf, ownGatewayOf, type WiredGateway } from '../../wiring/wiring/gateways.ts'
import { gatewayOwner } from '../../wiring/wiring/owners.ts'
import { arriving, leaving } from './guest-hops.ts'
import { deviceHop, dropHop, natHop, routeHop, routerHop, type Way, wayTo } from './router-hops.ts'
import type { Packet, PlannedHop, Trouble } from './trace.ts'
import { outward, over } from './wire-hops.ts'
import { addressOf, guestName, isGuest, nameOf, portAt, routerOf, subnetsOf, type World } from './world.ts'

/** An address that a router put in the place of another; what answers is turned back by the same router. */
export interface Translation {
  readonly routerId: string
  readonly side: 'source' | 'destination'
  readonly from: string
  readonly to: string
}

/** A packet under way. It is changed as it goes. */
export interface Walk {
  readonly world: World
  packet: Packet
  readonly isAnswer: boolean
  readonly hops: PlannedHop[]
  readonly translations: Translation[]
  readonly routers: WiredRouter[]
  /** By which gateways it came into routers with several; its answer leaves by them. */
  readonly entries: Map<string, WiredGateway>
  end: EndOfWalk | undefined
}

export type EndOfWalk =
  | { readonly kind: 'guest'; readonly port: WiredPort }
  | { readonly kind: 'outside'; readonly router: WiredRouter | undefined; readonly networkId: string }
  | { readonly kind: 'router'; readonly router: WiredRouter }

export const beginWalk = (world: World, packet: Packet, isAnswer = false): Walk => ({
  ...{ world, packet, isAnswer, end: undefined },
  ...{ hops: [], translations: [], routers: [], entries: new Map() },
})

/** A guest sends it. */
export function fromGuest(walk: Walk, port: WiredPort): void {
  const { world, packet, hops } = walk
  hops.push(...leaving(world, port, walk))
  const next = nextOf(world, port, packet.destination)
  if (typeof next === 'object') {
    hops.push({ where: guestName(world, port), what: 'its route', says: '', trouble: next })
    return
  }
  deliver(walk, { networkId: port.networkId, host: port.bindingHostId, address: next })
}

/** Whom a guest asks for an address: it itself where it is on its network, or else the gateway that its subnet names. */
function nextOf(world: World, port: WiredPort, destination: string): string | Trouble {
  const version = versionOf(destination)
  const subnets = subnetsOf(world, port, version)
  if (subnets.some(({ cidr }) => contains(cidr, destination))) return destination
  const given = subnets.flatMap(({ hostRoutes }) => hostRoutes).find(route => contains(route.destination, destination))
  if (given) return given.nexthop
  const gateway = subnets.find(({ gatewayIp }) => gatewayIp !== null)?.gatewayIp
  if (gateway) return gateway
  const network = nameOf(world, port.networkId)
  const why = `${guestName(world, port)} has no way to ${destination}: no subnet of ${network} that it is in has a gateway`
  return { why, remedy: 'openstack subnet set --gateway ADDRESS SUBNET, and a router with that address' }
}

export interface Delivery {
  readonly networkId: string
  /** Where it comes from. */
  readonly host: string
  /** Who is asked for on the network. */
  readonly address: string
}

/** Over a network to whoever has the address there. */
export function deliver(walk: Walk, { networkId, host, address }: Delivery): void {
  const { world, hops } = walk
  const target = world.floatingPools.has(address) ? gatewayOfFloating(world, networkId, address) : portAt(world, networkId, address)
  if (target) {
    // A router's port is where the router is, even before that was noted on it.
    const at = routerOf(world, target)?.hosts[0]
    hops.push(...over(world, networkId, host, at === undefined ? target : { ...target, bindingHostId: at }))
    arriveAt(walk, target)
    return
  }
  const unserved = floatingTrouble(world, address)
  if (unserved) {
    hops.push({ where: address, what: 'floating IP', says: '', trouble: unserved })
    return
  }
  if (world.outerNetworks.has(networkId)) {
    hops.push(...outward(world, networkId, host))
    walk.end = { kind: 'outside', router: walk.routers.at(-1), networkId }
    hops.push({ where: 'outside', what: 'the world', says: `${address} is asked to pass it on` })
    return
  }
  const why = `nobody on network ${nameOf(world, networkId)} has the address ${address}`
  const isGateway = (world.subnetsOfNetwork.get(networkId) ?? []).some(({ gatewayIp }) => gatewayIp === address)
  const remedy = isGateway ? 'openstack router add subnet ROUTER SUBNET' : 'ask for an address that a port has'
  hops.push({ where: address, what: 'who has it', says: '', trouble: { why, remedy } })
}

/** A floating address that leads nowhere. */
export function floatingTrouble({ floatingPools }: World, address: string): Trouble | undefined {
  const floating = floatingPools.get(address)
  if (!floating || floating.routerId) return undefined
  const why = `the floating IP ${address} leads nowhere: it belongs to no port`
  return { why, remedy: `openstack server add floating ip SERVER ${address}` }
}

/** A router's outer device answers for the floating addresses it serves. */
function gatewayOfFloating(world: World, networkId: string, address: string): WiredPort | undefined {
  const floating = world.floatingPools.get(address)
  if (!floating?.routerId || floating.networkId !== networkId) return undefined
  return outerPortOf(world, floating.routerId, networkId)
}

/** The port by which a router is on a network outside; its first one where it is not. */
export function outerPortOf(world: World, routerId: string, networkId: string | undefined): WiredPort | undefined {
  const router = world.routers.get(routerId)
  return router && gatewayOn(gatewaysOf(router, world), networkId ?? '')?.port
}

function arriveAt(walk: Walk, target: WiredPort): void {
  const { world, hops } = walk
  const router = routerOf(world, target)
  if (router) throughRouter(walk, router, target)
  else if (isGuest(target) || target.deviceOwner === '' || !target.deviceOwner.startsWith('network:')) {
    hops.push(...arriving(world, target, walk))
    walk.end = { kind: 'guest', port: target }
  } else hops.push({ where: `port ${target.id}`, what: target.deviceOwner, says: 'has the address' })
}

/** In by one device, out by another; addresses change on the way. */
export function throughRouter(walk: Walk, router: WiredRouter, entered: WiredPort): void {
  const { world, hops } = walk
  const again = walk.routers.some(one => one.id === router.id)
  walk.routers.push(router)
  const asked = walk.packet.destination
  const own = (world.portsOfRouter.get(router.id) ?? []).flatMap(port => port.fixedIps.map(({ ipAddress }) => ipAddress))
  const isServed = world.floatingPools.get(asked)?.routerId === router.id && entered.deviceOwner === gatewayOwner
  const version = versionOf(asked)
  const gateway = addressOf(entered, version)
  hops.push(routerHop(world, router), deviceHop(router, entered, isServed ? [asked] : gateway ? [gateway] : []), dropHop(router))
  if (again) {
    hops.push({
      where: nameOf(world, router.id),
      what: 'its route',
      says: '',
      trouble: { why: 'the packet goes in a circle', remedy: 'look at the routes of the routers' },
    })
    return
  }
  if (own.includes(asked) && !walk.translations.some(({ to, routerId }) => to === asked && routerId === router.id)) {
    walk.end = { kind: 'router', router }
    return
  }
  const gateways = gatewaysOf(router, world)
  const came = gateways.find(({ port }) => port.id === entered.id)
  if (came && gateways.length > 1 && !walk.isAnswer) walk.entries.set(router.id, came)
  const answersBy = walk.isAnswer && !came ? walk.entries.get(router.id) : undefined
  const source = walk.packet.source
  if (!turnDestination(walk, router)) return
  const way = wayTo(world, router, walk.packet.destination, { answersBy, source: walk.isAnswer ? '' : source })
  const isMarked = answersBy !== undefined || (!came && !walk.isAnswer && ownGatewayOf(router, gateways, source) !== undefined)
  hops.push(routeHop(world, router, walk.packet, { way, isMarked }))
  if (!way) return
  turnSource(walk, router, way)
  const shown = way.port.deviceOwner === gatewayOwner && version === 4 ? [walk.packet.source] : []
  if (way.port.id !== entered.id)
    hops.push(
      deviceHop(
        router,
        way.port,
        shown.filter(address => isOwn(walk, router, way, address)),
      ),
    )
  deliver(walk, { networkId: way.port.networkId, host: router.hosts[0] ?? '', address: way.via ?? walk.packet.destination })
}

/** Whether the outer device must answer for the address, or the packet goes out as it is. */
const isOwn = ({ world }: Walk, router: WiredRouter, { port }: Way, address: string) =>
  port.fixedIps.some(({ ipAddress }) => ipAddress === address) || world.floatingPools.get(address)?.routerId === router.id

/** Says whether the packet goes on. */
function turnDestination(walk: Walk, router: WiredRouter): boolean {
  const { packet, hops, world } = walk
  if (walk.isAnswer) {
    turnBack(walk, router)
    return true
  }
  const floating = router.floatingIps.find(({ address }) => address === packet.destination)
  const forwarded = router.portForwardings.find(one => one.floatingAddress === packet.destination && one.externalPort === packet.port)
  const to = floating?.fixedAddress ?? forwarded?.internalAddress
  if (to !== undefined) {
    hops.push(natHop(router, `${packet.destination} becomes ${to}`, [floating?.id ?? forwarded?.id ?? '', 'nat']))
    walk.translations.push({ routerId: router.id, side: 'destination', from: packet.destination, to })
    const port = floating ? packet.port : Number(forwarded?.internalPort)
    walk.packet = { ...packet, destination: to, port }
    return true
  }
  if (world.floatingPools.get(packet.destination)?.routerId !== router.id) return true
  const why = `router ${nameOf(world, router.id)} forwards nothing that is for port ${packet.port} of ${packet.destination}`
  const remedy = 'openstack floating ip port forwarding create'
  hops.push({ where: packet.destination, what: 'addresses change', says: '', trouble: { why, remedy } })
  return false
}

/** Answers get back the addresses that were changed. */
function turnBack(walk: Walk, router: WiredRouter): void {
  for (const { side, from, to } of walk.translations.filter(({ routerId }) => routerId === router.id)) {
    const { packet } = walk
    if (side === 'source' && packet.destination === to) walk.packet = { ...packet, destination: from }
    if (side === 'destination' && packet.source === to) walk.packet = { ...packet, source: from }
  }
}

function turnSource(walk: Walk, router: WiredRouter, way: Way): void {
  const { packet, hops } = walk
  if (walk.isAnswer || versionOf(packet.source) === 6) return
  const isTurned = walk.translations.some(one => one.routerId === router.id && one.side === 'destination')
  const gateways = gatewaysOf(router, walk.world)
  const out = gateways.find(({ port }) => port.id === way.port.id)
  const outer = out ?? gateways.find(({ port, hasSnat }) => hasSnat && addressOf(port, 4) !== undefined)
  const own = outer?.hasSnat ? addressOf(outer.port, 4) : undefined
  const known = router.floatingIps.filter(({ fixedAddress }) => fixedAddress === packet.source)
  const floating = out ? known.find(({ networkId }) => gatewayOn(gateways, networkId) === out) : known[0]
  const turn = (to: string, needs: readonly string[]) => {
    hops.push(natHop(router, `${packet.source} becomes ${to}`, [...needs, 'nat']))
    walk.translations.push({ routerId: router.id, side: 'source', from: packet.source, to })
    walk.packet = { ...packet, source: to }
  }
  if (out && floating) turn(floating.address, [`out ${floating.id}`])
  else if (out && own) turn(own, [gateways.length > 1 ? `snat ${gatewayDeviceOf(out.port.id)}` : 'snat'])
  else if (out) hops.push(natHop(router, `${packet.source} stays: who is outside must know the way back to it`, []))
  else if (isTurned && own && !cameFromOutside(walk, router)) turn(floating?.address ?? own, ['hairpin'])
}

/** The way in was its outer device. */
const cameFromOutside = ({ hops }: Walk, router: WiredRouter) => {
  const devices = hops.filter(({ what, host }) => what === 'its end of the cable' && host === router.hosts[0])
  return devices.at(-1)?.where.startsWith('qg-') === true
}
