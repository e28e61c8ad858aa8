import { contains, parseCidr, versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import { gatewayDeviceOf, gatewayRoutes, routerDeviceOf, routerNamespaceOf } from '@kilonova/network-agent/contract/names.ts'
import type { Defect } from '@kilonova/network-agent/contract/observation.ts'
import type { WiredPort, WiredRouter } from '../../wiring/wiring/landscape.ts'
import { gatewaysOf, ownGatewayOf, type WiredGateway } from '../../wiring/wiring/gateways.ts'
import { gatewayOwner } from '../../wiring/wiring/owners.ts'
import { agentTrouble } from './guest-hops.ts'
import type { Packet, PlannedHop, Trouble } from './trace.ts'
import { nameOf, subnetsOf, type World } from './world.ts'

/** Which way a router sends what is for an address. */
export interface Way {
  readonly port: WiredPort
  /** The router's next hop; absent: it is on the device's own network. */
  readonly via?: string | undefined
  readonly destination: string
}

/** Which of several gateways a packet has to do with. */
export interface Leaving {
  /** It answers what came in by this gateway, and leaves by it. */
  readonly answersBy?: WiredGateway | undefined
  /** Who sent it: a guest may be known outside at another gateway than the first. */
  readonly source?: string | undefined
}

/** The longest of the networks it has, the routes people gave it, and the way out. */
export function wayTo(world: World, router: WiredRouter, address: string, { answersBy, source = '' }: Leaving = {}): Way | undefined {
  const version = versionOf(address)
  const ports = world.portsOfRouter.get(router.id) ?? []
  const own: readonly Way[] = ports.flatMap(port => subnetsOf(world, port, version).map(({ cidr }) => ({ port, destination: cidr })))
  const given = router.routes.flatMap(({ destination, nexthop }) => {
    const port = own.find(way => contains(way.destination, nexthop))?.port
    return port ? [{ port, via: nexthop, destination }] : []
  })
  const gateways = gatewaysOf(router, world)
  const best = (ways: readonly Way[]) => ways.filter(way => contains(way.destination, address)).sort((a, b) => lengthOf(b) - lengthOf(a))[0]
  const by = answersBy && best([...own, ...given, ...outBy(world, answersBy, version)].filter(({ port }) => port.id === answersBy.port.id))
  const out = [ownGatewayOf(router, gateways, source), gateways[0]].flatMap(gateway => outBy(world, gateway, version))
  return by ?? best([...own, ...given, ...out.slice(0, 1)])
}

const lengthOf = ({ destination }: Way) => parseCidr(destination)?.prefixLength ?? 0

function outBy(world: World, gateway: WiredGateway | undefined, version: 4 | 6): readonly Way[] {
  const nexthop = gateway && subnetsOf(world, gateway.port, version).find(({ gatewayIp }) => gatewayIp !== null)?.gatewayIp
  return gateway && nexthop ? [{ port: gateway.port, via: nexthop, destination: version === 4 ? '0.0.0.0/0' : '::/0' }] : []
}

export const deviceOf = ({ id, deviceOwner }: WiredPort): string =>
  deviceOwner === gatewayOwner ? gatewayDeviceOf(id) : routerDeviceOf(id)

/** The router itself: whether it is anywhere, on, and passes packets on. */
export function routerHop(world: World, router: WiredRouter): PlannedHop {
  const [host] = router.hosts
  const name = nameOf(world, router.id)
  const where = routerNamespaceOf(router.id)
  return {
    ...{ where, host, what: `router ${name}`, says: `forwards on ${host}` },
    trouble: routerTrouble(world, router, name),
    concerns: ({ subject, part, about = [] }) =>
      subject === router.id &&
      (part === 'namespace' || (part === 'setting' && about[0]?.endsWith('forward') === true) || part === 'setting'),
  }
}

function routerTrouble(world: World, router: WiredRouter, name: string): Trouble | undefined {
  const [host] = router.hosts
  if (!router.adminStateUp) return { why: `router ${name} is switched off`, remedy: `openstack router set --enable ${name}` }
  if (host === undefined) return { why: `router ${name} is on no host`, remedy: 'start a host with a network agent' }
  return agentTrouble(world, host)
}

/** One of its devices, with the addresses that matter to the packet. */
export function deviceHop(router: WiredRouter, port: WiredPort, addresses: readonly string[]): PlannedHop {
  const device = deviceOf(port)
  const shown = addresses.join(', ')
  return {
    ...{ where: device, host: router.hosts[0], what: 'its end of the cable', says: `up${shown === '' ? '' : `, has ${shown}`}` },
    concerns: defect =>
      (defect.subject === port.id && ['cable', 'mtu'].includes(defect.part)) ||
      (defect.subject === router.id && defect.part === 'address' && defect.where === device && isAbout(defect, addresses)),
  }
}

/** An address too many on the device may be the very one that the packet is for. */
const isAbout = ({ about = [] }: Defect, addresses: readonly string[]) => about.some(each => addresses.includes(each))

export function routeHop(world: World, router: WiredRouter, packet: Packet, { way, isMarked }: Routed): PlannedHop {
  const at = { where: routerNamespaceOf(router.id), host: router.hosts[0], what: 'its route' }
  if (!way) return { ...at, says: '', trouble: noRoute(world, router, packet.destination) }
  const device = deviceOf(way.port)
  return {
    ...{ ...at, says: `${way.destination}${way.via === undefined ? '' : ` via ${way.via}`} on ${device}` },
    concerns: ({ subject, part, about = [], where }) =>
      subject === router.id &&
      ((part === 'route' && about.some(destination => contains(destination, packet.destination))) ||
        (isMarked && part === 'route' && about.includes(gatewayRoutes(versionOf(packet.destination), device))) ||
        (isMarked && part === 'nat' && about.includes('way-back')) ||
        (part === 'neighbour' && where === device && about.includes(way.via ?? packet.destination))),
  }
}

interface Routed {
  readonly way: Way | undefined
  /** The mark of its connection says which gateway it takes. */
  readonly isMarked: boolean
}

function noRoute(world: World, router: WiredRouter, address: string): Trouble {
  const name = nameOf(world, router.id)
  const outer = (world.portsOfRouter.get(router.id) ?? []).find(port => port.deviceOwner === gatewayOwner)
  const version = versionOf(address)
  if (!outer) {
    const why = `router ${name} has no way to ${address}: it has no gateway outside`
    return { why, remedy: `openstack router set --external-gateway NETWORK ${name}` }
  }
  const why = `router ${name} has no way to ${address}: its gateway's network has no IPv${version} subnet with a gateway`
  return { why, remedy: `openstack router add subnet ${name} SUBNET, or set a route` }
}

/** A translation of addresses, which needs some of the router's rules. */
export const natHop = (router: WiredRouter, says: string, needs: readonly string[]): PlannedHop => ({
  ...{ where: routerNamespaceOf(router.id), host: router.hosts[0], what: 'addresses change', says },
  concerns: ({ subject, part, about = [] }) => subject === router.id && part === 'nat' && about.some(each => needs.includes(each)),
})

/** No rule of the router's own says that it drops. */
export const dropHop = (router: WiredRouter): PlannedHop => ({
  ...{ where: routerNamespaceOf(router.id), host: router.hosts[0], what: 'its own rules', says: 'drop nothing' },
  concerns: ({ subject, part, about = [] }) => subject === router.id && part === 'nat' && about.includes('drop'),
})
