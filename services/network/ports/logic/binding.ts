import type { Network } from '../../networks/network/network.ts'
import { bridgeNameOf } from '../../networks/network/network.ts'
import type { Transaction } from '../../tables.ts'
import type { Port } from '../port/port.ts'

/** Which hosts can plug ports into networks. */
export interface Hosts {
  canWire(tx: Transaction, host: string, network: Network): Promise<boolean>
}

export type Binding = Pick<Port, 'bindingHostId' | 'bindingVifType' | 'bindingVifDetails'>

const bridged = new Set(['normal'])

/** What becomes of a port on a host: plugged into the network's bridge there, or nothing when nobody there can. */
export async function bindingTo(
  host: string,
  port: Pick<Port, 'bindingVnicType'>,
  network: Network,
  rooms: { tx: Transaction; hosts: Hosts },
): Promise<Binding> {
  if (host === '') return { bindingHostId: '', bindingVifType: 'unbound', bindingVifDetails: {} }
  const isPossible = bridged.has(port.bindingVnicType) && (await rooms.hosts.canWire(rooms.tx, host, network))
  if (!isPossible) return { bindingHostId: host, bindingVifType: 'binding_failed', bindingVifDetails: {} }
  return {
    bindingHostId: host,
    bindingVifType: 'bridge',
    bindingVifDetails: {
      connectivity: 'l2',
      port_filter: true,
      bridge_name: bridgeNameOf(network.id),
      bound_drivers: { '0': 'linuxbridge' },
    },
  }
}
