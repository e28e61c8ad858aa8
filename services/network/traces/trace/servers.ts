import { dhcpDeviceOf, dhcpNamespaceOf, routerNamespaceOf } from '@kilonova/network-agent/contract/names.ts'
import type { WiredPort, WiredRouter } from '../../wiring/wiring/landscape.ts'
import { dhcpOwner } from '../../wiring/wiring/owners.ts'
import { agentTrouble, leaving } from './guest-hops.ts'
import { deviceHop, natHop, routerHop } from './router-hops.ts'
import type { Packet, PlannedHop, Trouble } from './trace.ts'
import { over } from './wire-hops.ts'
import { addressOf, nameOf, portAt, routerOf, subnetsOf, type World } from './world.ts'

export const metadataAddress = '169.254.169.254'

const dhcpPortOf = ({ portsOfNetwork }: World, networkId: string) =>
  (portsOfNetwork.get(networkId) ?? []).find(port => port.deviceOwner === dhcpOwner)

/** What a guest lives on beside the packet's way: who gives it its address, its way out in IPv6, and its metadata. */
export function besides(world: World, port: WiredPort): readonly PlannedHop[] {
  const server = dhcpPortOf(world, port.networkId)
  const gateway = metadataRouter(world, port)
  const isolated = server && !gateway
  return [dhcpHop(world, port, server), ...(gateway ? [routerMetadata(gateway)] : isolated ? [ownMetadata(server)] : [])]
    .concat(announcers(world, port))
    .map(hop => ({ ...hop, isBeside: true }))
}

/** From a guest to the server that gives it its address. */
export function toDhcp(world: World, port: WiredPort, packet: Packet): readonly PlannedHop[] {
  const server = dhcpPortOf(world, port.networkId)
  const outer = leaving(world, port, { packet, isAnswer: true }).slice(0, 2)
  if (!server) return [...outer, dhcpHop(world, port, server)]
  const { bindingHostId: host } = server
  return [
    ...outer,
    ...over(world, port.networkId, port.bindingHostId, server),
    serverCable(server),
    dhcpHop(world, port, server),
    ...(host === port.bindingHostId ? [] : over(world, port.networkId, host, port).slice(1, 2)),
  ]
}

/** From a guest to whoever answers for metadata: the router that is its gateway, or the DHCP server of a network without one. */
export function toMetadata(world: World, port: WiredPort, packet: Packet): readonly PlannedHop[] {
  const passing = { packet, isAnswer: false }
  const gateway = metadataRouter(world, port)
  if (gateway) {
    const { router, port: inner } = gateway
    const needed = natHop(router, `${metadataAddress}:80 becomes port 9697`, ['metadata', 'nat'])
    const own = addressOf(inner, 4)
    return [
      ...leaving(world, port, passing),
      ...over(world, port.networkId, port.bindingHostId, { ...inner, bindingHostId: router.hosts[0] ?? inner.bindingHostId }),
      ...[routerHop(world, router), deviceHop(router, inner, own === undefined ? [] : [own]), needed, routerMetadata(gateway)],
    ]
  }
  const server = dhcpPortOf(world, port.networkId)
  if (!server) {
    const why = `network ${nameOf(world, port.networkId)} has neither a router nor a DHCP server that would answer for metadata`
    return [...leaving(world, port, passing), { ...nowhere(port), trouble: { why, remedy: 'connect its subnet to a router' } }]
  }
  return [
    ...leaving(world, port, passing),
    ...over(world, port.networkId, port.bindingHostId, server),
    serverCable(server),
    ownMetadata(server),
  ]
}

const nowhere = ({ networkId }: WiredPort): PlannedHop => ({ where: dhcpNamespaceOf(networkId), what: 'who serves it', says: '' })

const serverCable = ({ id, bindingHostId: host }: WiredPort): PlannedHop => ({
  ...{ where: dhcpDeviceOf(id), host, what: 'the server’s cable', says: 'plugged in and up' },
  concerns: ({ subject, part }) => subject === id && ['cable', 'mtu'].includes(part),
})

function dhcpHop(world: World, port: WiredPort, server: WiredPort | undefined): PlannedHop {
  const { networkId, macAddress } = port
  const at = { where: dhcpNamespaceOf(networkId), what: 'DHCP' }
  const trouble = dhcpTrouble(world, port, server)
  if (!server) return { ...at, says: 'nobody asks for it here', trouble }
  const own = server.fixedIps.map(({ ipAddress }) => ipAddress)
  return {
    ...{ ...at, host: server.bindingHostId, says: `dnsmasq knows ${macAddress}`, trouble },
    concerns: ({ subject, part, about = [] }) =>
      (subject === server.id && part === 'cable') ||
      (subject === networkId &&
        (['namespace', 'dhcp'].includes(part) ||
          (part === 'dhcp-host' && about.includes(macAddress)) ||
          (part === 'address' && about.some(each => own.includes(each))))),
  }
}

function dhcpTrouble(world: World, port: WiredPort, server: WiredPort | undefined): Trouble | undefined {
  const { networkId } = port
  const name = nameOf(world, networkId)
  const served = (world.subnetsOfNetwork.get(networkId) ?? []).filter(subnet => subnet.enableDhcp)
  if (served.length === 0) return undefined
  if (world.networks.get(networkId)?.adminStateUp === false)
    return { why: `network ${name} is switched off: nobody serves DHCP on it`, remedy: `openstack network set --enable ${name}` }
  if (!server) return { why: `no host serves DHCP on network ${name}`, remedy: 'start a host with a network agent' }
  if (!served.some(({ id }) => port.fixedIps.some(({ subnetId }) => subnetId === id))) return undefined
  return agentTrouble(world, server.bindingHostId)
}

interface Gateway {
  readonly router: WiredRouter
  readonly port: WiredPort
}

/** A router of ours that has the gateway's address of the guest's subnet. */
function metadataRouter(world: World, port: WiredPort): Gateway | undefined {
  for (const { gatewayIp } of subnetsOf(world, port, 4)) {
    const found = gatewayIp === null ? undefined : portAt(world, port.networkId, gatewayIp)
    const router = found && routerOf(world, found)
    if (found && router) return { router, port: found }
  }
  return undefined
}

const routerMetadata = ({ router }: Gateway): PlannedHop => ({
  ...{ where: routerNamespaceOf(router.id), host: router.hosts[0], what: 'metadata', says: 'somebody answers in the router' },
  concerns: ({ subject, part, about = [] }) =>
    subject === router.id && (part === 'metadata' || (part === 'nat' && about.includes('metadata'))),
})

const ownMetadata = ({ networkId, bindingHostId: host }: WiredPort): PlannedHop => ({
  ...{ where: dhcpNamespaceOf(networkId), host, what: 'metadata', says: 'somebody answers beside the DHCP server' },
  concerns: ({ subject, part, about = [] }) =>
    subject === networkId && (['namespace', 'metadata'].includes(part) || (part === 'address' && about.includes(metadataAddress))),
})

/** Routers that announce themselves on the guest's IPv6 subnets: without them it has no way out, and with some modes no address. */
const announcers = (world: World, port: WiredPort): readonly PlannedHop[] =>
  subnetsOf(world, port, 6).flatMap(({ ipv6RaMode, gatewayIp }) => {
    const found = ipv6RaMode === null || gatewayIp === null ? undefined : portAt(world, port.networkId, gatewayIp)
    const router = found && routerOf(world, found)
    if (!router) return []
    const hop: PlannedHop = {
      ...{
        where: routerNamespaceOf(router.id),
        host: router.hosts[0],
        what: 'IPv6 announced',
        says: `radvd says that ${gatewayIp} leads out`,
      },
      concerns: ({ subject, part }) => subject === router.id && part === 'announcer',
    }
    return [hop]
  })
