import { bridgeOf, vxlanOf } from '@kilonova/network-agent/contract/names.ts'
import type { Defect } from '@kilonova/network-agent/contract/observation.ts'
import type { WiredNetwork, WiredPort } from '../../wiring/wiring/landscape.ts'
import { agentTrouble } from './guest-hops.ts'
import type { PlannedHop, Trouble } from './trace.ts'
import { nameOf, type World } from './world.ts'

const toAll = '00:00:00:00:00:00'

/** Over a network from one host to where a MAC address lives, which may be the same host. */
export function over(
  world: World,
  networkId: string,
  from: string,
  to: Pick<WiredPort, 'bindingHostId' | 'macAddress'>,
): readonly PlannedHop[] {
  const network = world.networks.get(networkId)
  if (!network) return []
  const { bindingHostId: host, macAddress } = to
  // Of what is nowhere it is told where it would arrive.
  if (host === from || host === '') return [bridgeHop(world, network, from)]
  return [bridgeHop(world, network, from), crossing(world, network, { from, to: host, macAddress }), landing(world, network, host)]
}

/** Onto a network and out of the cloud. */
export const outward = (world: World, networkId: string, host: string): readonly PlannedHop[] => {
  const network = world.networks.get(networkId)
  if (!network) return []
  const leads = (defect: Defect) => defect.subject === networkId && ['bridge', 'uplink', 'way-out'].includes(defect.part)
  return [{ ...bridgeHop(world, network, host), what: `network ${nameOf(world, networkId)}, which leads out`, concerns: leads }]
}

function bridgeHop(world: World, { id, networkType, segmentationId, physicalNetwork }: WiredNetwork, host: string): PlannedHop {
  const tag = segmentationId === null ? (physicalNetwork ?? '') : String(segmentationId)
  return {
    ...{
      where: bridgeOf(id),
      host,
      what: `network ${nameOf(world, id)}`,
      says: `${networkType}${tag === '' ? '' : ` ${tag}`}, the bridge is up`,
    },
    trouble: agentTrouble(world, host),
    concerns: ({ subject, part, where }) => subject === id && (part === 'bridge' || (part === 'mtu' && where === bridgeOf(id))),
  }
}

interface Crossing {
  readonly from: string
  readonly to: string
  readonly macAddress: string
}

function crossing(world: World, network: WiredNetwork, { from, to, macAddress }: Crossing): PlannedHop {
  const { id, networkType, segmentationId } = network
  const far = world.hosts.get(to)?.tunnelIp
  const where = networkType === 'vxlan' ? vxlanOf(segmentationId ?? 0) : `${network.physicalNetwork ?? ''} ${segmentationId ?? ''}`.trim()
  return {
    ...{ where, host: from, what: `to ${to}`, says: networkType === 'vxlan' ? `${macAddress} is at ${far}` : 'over the physical network' },
    trouble: crossingTrouble(world, network, { from, to, macAddress }),
    concerns: defect => isUplink(id, defect) || (defect.subject === id && defect.part === 'forwarding' && isWayTo(defect, macAddress, far)),
  }
}

/** What is for nobody known goes to all; the guest's own entry is needed, or both are missing. */
const isWayTo = ({ about = [] }: Defect, macAddress: string, far: string | undefined) =>
  about[0] === macAddress || (about[0] === toAll && about[1] === far)

const isUplink = (networkId: string, { subject, part, where }: Defect) =>
  subject === networkId && (part === 'uplink' || (part === 'mtu' && where !== bridgeOf(networkId)))

function crossingTrouble(world: World, { id, networkType }: WiredNetwork, { from, to }: Crossing): Trouble | undefined {
  if (networkType === 'local') {
    const why = `network ${nameOf(world, id)} is of the type local, which does not leave its host`
    return { why, remedy: 'put both on one host, or make a network of another type' }
  }
  if (networkType !== 'vxlan') return undefined
  const lost = [from, to].find(host => world.hosts.get(host)?.tunnelIp === undefined)
  if (lost === undefined) return undefined
  return agentTrouble(world, lost) ?? { why: `${lost} has no address for tunnels`, remedy: `set [vxlan] local_ip on ${lost}` }
}

const landing = (world: World, network: WiredNetwork, host: string): PlannedHop => ({
  ...bridgeHop(world, network, host),
  concerns: defect =>
    isUplink(network.id, defect) || (defect.subject === network.id && (defect.part === 'bridge' || defect.part === 'mtu')),
})
