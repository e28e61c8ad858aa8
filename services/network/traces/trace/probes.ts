import { versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import type { ProbeAnswer, ProbeWish } from '@kilonova/network-agent/contract/observation.ts'
import type { WiredPort, WiredRouter } from '../../wiring/wiring/landscape.ts'
import { dhcpOwner, gatewayOwner } from '../../wiring/wiring/owners.ts'
import { gatewayOn, gatewaysOf } from '../../wiring/wiring/gateways.ts'
import { type Way, wayTo } from './router-hops.ts'
import type { End } from './words.ts'
import { addressOf, guestName, nameOf, portAt, routerOf, subnetsOf, type World } from './world.ts'

/** A real packet from a namespace of the cloud's to one of the ends, or to who passes it on. */
export interface Probe {
  readonly host: string
  readonly wish: ProbeWish
  /** Who is asked, and from where, in words. */
  readonly whom: string
  /** What is to be looked into when nobody answers, though the cloud's own part of the way is as it should be. */
  readonly look: string
}

const patienceMs = 2_000

/**
 * Whether each guest answers ARP, which no rule keeps it from; outside whether the next hop is there, and then who is asked. Who comes first is
 * nearer: when it is silent, nothing can be said of those behind it.
 */
export function probesOf(world: World, { from, to }: { readonly from: End; readonly to: End }): readonly Probe[] {
  const guests = [from, to].flatMap(end => guestOf(world, end) ?? [])
  return [...guests.flatMap(({ port, address }) => neighbourProbe(world, port, address)), ...outerProbes(world, from, to)]
}

type Guest = Pick<Extract<End, { kind: 'port' }>, 'port' | 'address'>

/** Who is at this end; behind a floating address, who has it. */
function guestOf(world: World, end: End): Guest | undefined {
  if (end.kind === 'port') return end
  if (end.kind !== 'outside') return undefined
  const router = routerOfFloating(world, end.address)
  const address = router?.floatingIps.find(one => one.address === end.address)?.fixedAddress
  if (!router || address === undefined) return undefined
  const port = (world.portsOfRouter.get(router.id) ?? []).flatMap(({ networkId }) => portAt(world, networkId, address) ?? [])[0]
  return port && { port, address }
}

const routerOfFloating = ({ floatingPools, routers }: World, address: string): WiredRouter | undefined =>
  routers.get(floatingPools.get(address)?.routerId ?? '')

/** Asked by somebody on its own network: its router, or its DHCP server. */
function neighbourProbe(world: World, port: WiredPort, address: string): readonly Probe[] {
  const gateway = gatewayOf(world, port)
  const router = gateway && routerOf(world, gateway)
  const whom = `${address} on ${nameOf(world, port.networkId)}`
  const look = `look into ${guestName(world, port)}: its console, whether it has ${address}, its own filter`
  const wish = { to: address, isNeighbour: true, deadlineMs: patienceMs }
  if (gateway && router?.hosts[0] !== undefined) {
    const from = { from: { routerId: router.id }, portId: gateway.id }
    return [{ host: router.hosts[0], whom: `${whom} from router ${nameOf(world, router.id)}`, look, wish: { ...wish, ...from } }]
  }
  const server = (world.portsOfNetwork.get(port.networkId) ?? []).find(one => one.deviceOwner === dhcpOwner)
  if (!server) return []
  const from = { from: { networkId: port.networkId }, portId: server.id }
  return [{ host: server.bindingHostId, whom: `${whom} from its DHCP server`, look, wish: { ...wish, ...from } }]
}

function gatewayOf(world: World, port: WiredPort): WiredPort | undefined {
  const version = addressOf(port, 4) === undefined ? 6 : 4
  return subnetsOf(world, port, version).flatMap(({ gatewayIp }) => portAt(world, port.networkId, gatewayIp ?? '') ?? [])[0]
}

type Outside = Extract<End, { kind: 'outside' }>

/** From the router at the edge: who is to pass packets on, and the address itself where one was named. */
function outerProbes(world: World, from: End, to: End): readonly Probe[] {
  const far = [from, to].find((end): end is Outside => end.kind === 'outside' && !world.floatingPools.has(end.address))
  const router = far && edgeRouter(world, far === from ? to : from)
  const near = far === from ? to : from
  const source = guestOf(world, near)?.address
  const answersBy = router && near.kind === 'outside' ? entryOf(world, router, near.address) : undefined
  const way = router && wayTo(world, router, far.address, { source, answersBy })
  const host = router?.hosts[0]
  if (!way || host === undefined || way.port.deviceOwner !== gatewayOwner) return []
  const wish = { from: { routerId: router.id }, portId: way.port.id, deadlineMs: patienceMs }
  const asker = `from router ${nameOf(world, router.id)}`
  const hops = [
    ...(way.via === undefined ? [] : [{ to: way.via, isNeighbour: true, look: nextHopLook(world, way, host) }]),
    ...(far.isAnywhere ? [] : [{ to: far.address, isNeighbour: false, look: beyondLook(world, way, far.address) }]),
  ]
  return hops.map(({ look, ...one }) => ({ host, whom: `${one.to} ${asker}`, look, wish: { ...wish, ...one } }))
}

/** The gateway at which a floating address is asked for. */
const entryOf = (world: World, router: WiredRouter, address: string) =>
  gatewayOn(gatewaysOf(router, world), world.floatingPools.get(address)?.networkId ?? '')

/** By which router packets leave, or come in. */
function edgeRouter(world: World, near: End): WiredRouter | undefined {
  if (near.kind === 'outside') return routerOfFloating(world, near.address)
  const gateway = near.kind === 'port' ? gatewayOf(world, near.port) : undefined
  return gateway && routerOf(world, gateway)
}

const nextHopLook = (world: World, { via, port }: Way, host: string) => {
  const network = nameOf(world, port.networkId)
  return `look whether ${via}, by which ${network} leads on, is there: behind the bridge of ${network} on ${host}`
}

/** What is behind the last thing that the cloud knows of. */
function beyondLook(world: World, { via, port }: Way, address: string): string {
  if (via === undefined) return `look into ${address}, which is on network ${nameOf(world, port.networkId)} itself`
  const ours = subnetsOf(world, port, versionOf(address)).map(({ cidr }) => cidr)
  return (
    `look at the way outside behind ${via}: whether it forwards (net.ipv4.ip_forward, its filter), translates ${ours.join(', ')} or has a ` +
    `route back there, and reaches ${address} itself, which may be silent to echoes`
  )
}

export function probeSays({ whom }: Probe, { answered, tookMs, failed }: ProbeAnswer & { readonly failed?: string }): string {
  if (failed !== undefined) return `${whom}: could not be asked (${failed})`
  return answered ? `${whom}: answers${tookMs === undefined ? '' : ` in ${tookMs} ms`}` : `${whom}: does not answer`
}
