import { overlap } from '../../addresses/address.ts'
import { everybody, where } from '../../listings/listing.ts'
import type { PortLogic } from '../../ports/logic/ports.ts'
import { refuseBadRequest } from '../../refusals/refusal.ts'
import type { SubnetLogic } from '../../subnets/logic/subnets.ts'
import { blockOf, type Subnet } from '../../subnets/subnet/subnet.ts'
import type { Transaction } from '../../tables.ts'
import { owners, type Router } from '../router/router.ts'

export interface Rooms {
  readonly ports: Pick<PortLogic, 'listIn'>
  readonly subnets: Pick<SubnetLogic, 'list' | 'ofNetwork'>
}

/**
 * What a router connects lies apart, or it could not tell which way to send a packet. All subnets of a network outside count, as addresses of
 * any of them may be asked of its gateway; two gateways on one network share what is there.
 */
export function apartOf({ ports, subnets }: Rooms) {
  async function around(tx: Transaction, { id }: Pick<Router, 'id'>) {
    const there = await ports.listIn(tx, where({ device_id: [id], device_owner: [owners.interface, owners.gateway] }))
    const outside = [...new Set(there.filter(port => port.deviceOwner === owners.gateway).map(({ networkId }) => networkId))]
    const legs = [...new Set(there.flatMap(port => port.fixedIps.map(ip => ip.subnetId)))]
    const known = [
      ...(outside.length === 0 ? [] : await subnets.list(where({ network_id: outside }), everybody)),
      ...(legs.length === 0 ? [] : await subnets.list(where({ id: legs }), everybody)),
    ]
    return { legs, outside, known: [...new Map(known.map(subnet => [subnet.id, subnet])).values()] }
  }

  return {
    async leg(tx: Transaction, router: Router, fresh: readonly Subnet[]): Promise<void> {
      const { legs, known } = await around(tx, router)
      const twice = fresh.find(({ id }) => legs.includes(id))
      if (twice) refuseBadRequest('router', `Router already has a port on subnet ${twice.id}`)
      mustLieApart(fresh, known)
    },

    async gateway(tx: Transaction, router: Router, networkId: string): Promise<void> {
      const { outside, known } = await around(tx, router)
      if (known.length > 0 && !outside.includes(networkId)) mustLieApart(await subnets.ofNetwork(tx, networkId), known)
    },
  }
}

export type Apart = ReturnType<typeof apartOf>

function mustLieApart(fresh: readonly Subnet[], known: readonly Subnet[]): void {
  for (const subnet of fresh) {
    const hit = known.find(other => overlap(blockOf(subnet), blockOf(other)))
    if (hit) refuseBadRequest('router', `Cidr ${subnet.cidr} of subnet ${subnet.id} overlaps with cidr ${hit.cidr} of subnet ${hit.id}`)
  }
}
