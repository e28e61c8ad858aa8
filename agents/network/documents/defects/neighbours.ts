import { dhcpDeviceOf, gatewayDeviceOf, routerDeviceOf } from '../../contract/names.ts'
import type { Defect } from '../../contract/observation.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import type { NamespaceWish } from '../desired/desired.ts'
import { defect } from './links.ts'
import type { SeenNamespace, SeenNeighbour } from './seen.ts'

/** What a namespace remembers of its neighbours, where the wiring says who they are. */
export function neighbourDefects(wish: NamespaceWish, wiring: HostWiring, there: SeenNamespace): readonly Defect[] {
  return wrongNeighbours(wiring, there.neighbours).map(({ address, device, macAddress, wanted }) => {
    const what = `${wish.name} believes that ${address} is at ${macAddress}, and it is at ${wanted}`
    const remedy = `ip -n ${wish.name} neigh del ${address} dev ${device}`
    return defect({ subject: wish.subject, part: 'neighbour', where: device, what, remedy, about: [address] })
  })
}

/** Entries under a MAC address that is not the port's. Those that nobody answered, or that the kernel asks about just now, mend themselves. */
export function wrongNeighbours(
  wiring: HostWiring,
  neighbours: readonly SeenNeighbour[],
): readonly (SeenNeighbour & { readonly wanted: string })[] {
  const networkOf = networksByDevice(wiring)
  const known = knownAddresses(wiring)
  return neighbours.flatMap(one => {
    const wanted = known.get(`${networkOf.get(one.device)} ${one.address}`)
    const isWrong = wanted !== undefined && one.macAddress !== '' && !wanted.includes(one.macAddress) && one.state !== 'FAILED'
    return isWrong ? [{ ...one, wanted: wanted.join(' or ') }] : []
  })
}

const networksByDevice = ({ routers, dhcp }: HostWiring): ReadonlyMap<string, string> =>
  new Map([
    ...dhcp.map(one => [dhcpDeviceOf(one.port.id), one.networkId] as const),
    ...routers.flatMap(({ interfaces, gateway, extraGateways = [] }) => [
      ...interfaces.map(port => [routerDeviceOf(port.portId), port.networkId] as const),
      ...[...(gateway ? [gateway] : []), ...extraGateways].map(port => [gatewayDeviceOf(port.portId), port.networkId] as const),
    ]),
  ])

/** Who has which address of which network. An address that a guest may share with others is nobody's for sure. */
function knownAddresses({ ports, dhcp, routers }: HostWiring): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, string[]>()
  const note = (networkId: string, address: string, mac: string) => {
    const key = `${networkId} ${address}`
    const macs = known.get(key) ?? []
    if (!macs.includes(mac.toLowerCase())) known.set(key, [...macs, mac.toLowerCase()])
  }
  for (const port of ports) for (const { address } of port.fixedIps) note(port.networkId, address, port.macAddress)
  for (const one of dhcp) {
    for (const host of one.hosts) for (const { address } of host.fixedIps) note(one.networkId, address, host.macAddress)
    for (const { address } of one.port.fixedIps) note(one.networkId, address, one.port.macAddress)
  }
  for (const router of routers)
    for (const port of router.interfaces) for (const { address } of port.fixedIps) note(port.networkId, address, port.macAddress)
  for (const { networkId, allowedAddressPairs } of ports)
    for (const { ipAddress } of allowedAddressPairs) known.delete(`${networkId} ${ipAddress.split('/')[0]}`)
  return known
}
