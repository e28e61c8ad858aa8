import type { ProbeAnswer, ProbeWish } from '@kilonova/network-agent/contract/observation.ts'
import type { WiredPort } from '../../wiring/wiring/landscape.ts'
import { dhcpOwner, gatewayOwner } from '../../wiring/wiring/owners.ts'
import type { End } from './words.ts'
import { addressOf, nameOf, portAt, routerOf, subnetsOf, type World } from './world.ts'
import { versionOf } from '@kilonova/network-agent/contract/addresses.ts'

/** A real packet from a namespace of the cloud's to one of the ends. */
export interface Probe {
  readonly host: string
  readonly wish: ProbeWish
  /** Who is asked, and from where, in words. */
  readonly whom: string
}

const patienceMs = 2_000

/** Whether each guest answers ARP, which no rule keeps it from, and outside the next hop. */
export function probesOf(world: World, { from, to }: { readonly from: End; readonly to: End }): readonly Probe[] {
  const ports = [from, to].flatMap(end => (end.kind === 'port' ? [end] : []))
  const asked = ports.flatMap(({ port, address }) => neighbourProbe(world, port, address))
  const outside = to.kind === 'outside' && from.kind === 'port' ? outerProbe(world, from.port, to.isAnywhere ? undefined : to.address) : []
  return [...asked, ...outside]
}

/** Asked by somebody on its own network: its router, or its DHCP server. */
function neighbourProbe(world: World, port: WiredPort, address: string): readonly Probe[] {
  const gateway = gatewayOf(world, port)
  const router = gateway && routerOf(world, gateway)
  const whom = `${address} on ${nameOf(world, port.networkId)}`
  const wish = { to: address, isNeighbour: true, deadlineMs: patienceMs }
  if (gateway && router?.hosts[0] !== undefined)
    return [
      {
        host: router.hosts[0],
        whom: `${whom} from router ${nameOf(world, router.id)}`,
        wish: { ...wish, from: { routerId: router.id }, portId: gateway.id },
      },
    ]
  const server = (world.portsOfNetwork.get(port.networkId) ?? []).find(one => one.deviceOwner === dhcpOwner)
  if (!server) return []
  return [
    {
      host: server.bindingHostId,
      whom: `${whom} from its DHCP server`,
      wish: { ...wish, from: { networkId: port.networkId }, portId: server.id },
    },
  ]
}

function gatewayOf(world: World, port: WiredPort): WiredPort | undefined {
  const version = addressOf(port, 4) === undefined ? 6 : 4
  return subnetsOf(world, port, version).flatMap(({ gatewayIp }) => portAt(world, port.networkId, gatewayIp ?? '') ?? [])[0]
}

/** From the router of the guest: to the address, or to who is to pass it on. */
function outerProbe(world: World, port: WiredPort, address: string | undefined): readonly Probe[] {
  const gateway = gatewayOf(world, port)
  const router = gateway && routerOf(world, gateway)
  const outer = router && (world.portsOfRouter.get(router.id) ?? []).find(one => one.deviceOwner === gatewayOwner)
  const to = address ?? (outer && subnetsOf(world, outer, 4)[0]?.gatewayIp)
  if (!router?.hosts[0] || !to || versionOf(to) === 6) return []
  return [
    {
      host: router.hosts[0],
      whom: `${to} from router ${nameOf(world, router.id)}`,
      wish: { from: { routerId: router.id }, to, deadlineMs: patienceMs },
    },
  ]
}

export function probeSays({ whom }: Probe, { answered, tookMs, failed }: ProbeAnswer & { readonly failed?: string }): string {
  if (failed !== undefined) return `${whom}: could not be asked (${failed})`
  return answered ? `${whom}: answers${tookMs === undefined ? '' : ` in ${tookMs} ms`}` : `${whom}: does not answer`
}
