import { everybody } from '../../listings/listing.ts'
import { refuseInvalid, refuseUnknown } from '../../refusals/refusal.ts'
import type { SubnetFollower } from '../../subnets/logic/subnets.ts'
import type { Subnet } from '../../subnets/subnet/subnet.ts'
import type { Transaction } from '../../tables.ts'
import type { SegmentStore } from '../store.ts'

/** Which subnets may be on segments: all of a network's or none, each on a segment of its own network. */
export function segmentedSubnets({ store }: { readonly store: SegmentStore }): SubnetFollower {
  async function mustBeAlike(tx: Transaction, networkId: string): Promise<void> {
    const segments = new Set(await store.ofSubnets(networkId, tx.read))
    if (segments.has(null) && segments.size > 1)
      refuseInvalid(
        'SubnetsNotAllAssociatedWithSegments',
        `All of the subnets on network '${networkId}' must either all be associated with segments or all not associated with any segment.`,
      )
  }

  async function mustBeOfNetwork(tx: Transaction, { segmentId, networkId }: Subnet): Promise<void> {
    if (segmentId === null) return
    const segment = await store.find(segmentId, everybody, tx.read)
    if (!segment) refuseUnknown('SegmentNotFound', `Segment ${segmentId} could not be found.`)
    if (segment?.networkId !== networkId)
      refuseInvalid(
        'NetworkIdsDontMatch',
        `The subnet's network id, '${networkId}', doesn't match the network_id of segment '${segmentId}'`,
      )
  }

  return {
    async addSubnet(tx, subnet) {
      await mustBeOfNetwork(tx, subnet)
      await mustBeAlike(tx, subnet.networkId)
    },

    async changeSubnet(tx, subnet, before) {
      if (subnet.segmentId === before.segmentId) return
      if (before.segmentId !== null)
        refuseInvalid(
          'SubnetSegmentAssociationChangeNotAllowed',
          'A subnet that is already associated with a segment cannot have its segment association changed.',
        )
      await mustBeOfNetwork(tx, subnet)
      if ((await store.ofNetworks([subnet.networkId], tx.read)).length > 1)
        refuseInvalid(
          'NoUpdateSubnetWhenMultipleSegmentsOnNetwork',
          `The network '${subnet.networkId}' has multiple segments, it is only possible to associate an existing subnet with a segment on networks with a single segment.`,
        )
      await mustBeAlike(tx, subnet.networkId)
    },
  }
}
