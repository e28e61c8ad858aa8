import type { NetworkWiring, Segment, VxlanPeer } from '@kilonova/network-agent/contract/wiring.ts'
import type { WiredNetwork, WiredSegment } from './landscape.ts'
import type { Sight } from './sight.ts'

/** A network as one host needs it: with where its other ports are. */
export const networkWiring = (network: WiredNetwork, host: string, sight: Sight): NetworkWiring => ({
  id: network.id,
  mtu: network.mtu,
  segment: segmentOf({ ...network, ...nearest(network, host, sight) }, host, sight),
})

/** Of several stretches, the one that this host is connected to; the first one where it is connected to none. */
function nearest({ elsewhere, networkType, physicalNetwork, segmentationId }: WiredNetwork, host: string, { hosts }: Sight): WiredSegment {
  const first = { networkType, physicalNetwork, segmentationId }
  if (elsewhere.length === 0) return first
  const near = hosts.get(host)?.physicalNetworks ?? []
  return [first, ...elsewhere].find(one => one.physicalNetwork === null || near.includes(one.physicalNetwork)) ?? first
}

function segmentOf({ id, networkType, physicalNetwork, segmentationId }: WiredNetwork, host: string, sight: Sight): Segment {
  if (networkType === 'flat') return { type: 'flat', physicalNetwork: physicalNetwork ?? '' }
  if (networkType === 'vlan') return { type: 'vlan', physicalNetwork: physicalNetwork ?? '', vlanId: segmentationId ?? 0 }
  if (networkType === 'vxlan') return { type: 'vxlan', vni: segmentationId ?? 0, peers: peersOf(id, host, sight) }
  return { type: 'local' }
}

function peersOf(networkId: string, host: string, { portsOfNetwork, hosts }: Sight): readonly VxlanPeer[] {
  const bound = (portsOfNetwork.get(networkId) ?? []).filter(port => port.bindingVifType === 'bridge' && port.bindingHostId !== host)
  const peers = [...Map.groupBy(bound, port => port.bindingHostId)].flatMap(([other, ports]) => {
    const tunnelIp = hosts.get(other)?.tunnelIp
    return tunnelIp === undefined ? [] : [{ tunnelIp, macAddresses: ports.map(port => port.macAddress).sort() }]
  })
  return peers.sort((a, b) => a.tunnelIp.localeCompare(b.tunnelIp))
}
