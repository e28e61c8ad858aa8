import { bridgeOf, vlanOf, vxlanOf } from '../../contract/names.ts'
import type { NetworkWiring, Segment } from '../../contract/wiring.ts'
import type { HostSetup } from '../setup.ts'
import type { BridgeWish, UplinkWish } from './desired.ts'

export const everybodyElse = '00:00:00:00:00:00'

/** A bridge for the network, and what leads from it to other hosts. A segment that this host cannot have is a trouble told in a sentence. */
export function bridgeFor(network: NetworkWiring, setup: HostSetup): { bridge: BridgeWish; trouble?: string } {
  const { segment } = network
  const foreign = 'physicalNetwork' in segment && segment.type === 'flat' ? setup.bridgeMappings[segment.physicalNetwork] : undefined
  const plain = { name: foreign ?? bridgeOf(network.id), networkId: network.id, mtu: network.mtu, isForeign: foreign !== undefined }
  if (foreign !== undefined) return { bridge: plain }
  const found = uplinkOf(segment, setup)
  if (typeof found === 'string') return { bridge: plain, trouble: found }
  return { bridge: found ? { ...plain, uplink: found } : plain }
}

/** A sentence, where there can be none. */
function uplinkOf(segment: Segment, setup: HostSetup): UplinkWish | string | undefined {
  if (segment.type === 'local') return undefined
  if (segment.type === 'vxlan') return vxlanUplink(segment, setup)
  const device = setup.interfaceMappings[segment.physicalNetwork]
  if (device === undefined)
    return `this host has no interface for the physical network ${segment.physicalNetwork}; name one in [linux_bridge] physical_interface_mappings`
  if (segment.type === 'flat') return { kind: 'interface', device }
  if (!setup.hasVlans) return `this host's kernel has no 802.1q devices, so VLAN ${segment.vlanId} cannot be had here`
  return { kind: 'vlan', device: vlanOf(device, segment.vlanId), parent: device, vlanId: segment.vlanId }
}

function vxlanUplink({ vni, peers }: Extract<Segment, { type: 'vxlan' }>, { tunnelIp, vxlanPort }: HostSetup): UplinkWish | string {
  if (tunnelIp === undefined) return 'this host has no address for VXLAN; name one in [vxlan] local_ip'
  const others = peers.filter(peer => peer.tunnelIp !== tunnelIp)
  const forwarding = [
    ...others.map(peer => ({ mac: everybodyElse, to: peer.tunnelIp })),
    ...others.flatMap(peer => peer.macAddresses.map(mac => ({ mac, to: peer.tunnelIp }))),
  ]
  return { kind: 'vxlan', device: vxlanOf(vni), vni, tunnelIp, port: vxlanPort, forwarding }
}
