import { given } from '@kilonova/platform/given.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import { refuseConflict, refuseUnknown } from '../../refusals/refusal.ts'
import { type Tools, usualLogic } from '../../standards/logic.ts'
import type { SegmentChange, SegmentResourceWish } from '../segment/attributes.ts'
import type { Segment } from '../segment/segment.ts'
import type { SegmentStore } from '../store.ts'
import type { Allocation } from './allocation.ts'

export interface Rooms extends Tools {
  readonly store: SegmentStore
  readonly allocation: Pick<Allocation, 'place'>
  readonly networks: Pick<NetworkLogic, 'holdIn'>
}

/** The rules of segments as things of their own: a network gets more of them, and loses those that no subnet is on. */
export function segmentLogic({ store, allocation, networks, ...tools }: Rooms) {
  return usualLogic<Segment, SegmentResourceWish, SegmentChange>(tools, {
    store,
    refuseUnknown: id => refuseUnknown('SegmentNotFound', `Segment ${id} could not be found.`),
    async make({ networkId, networkType, physicalNetwork, segmentationId, name = null }, standard, tx, act) {
      const network = await networks.holdIn(tx, networkId, act.viewer)
      const last = (await store.ofNetworks([network.id], tx.read)).at(-1)
      return {
        ...{ ...standard, projectId: '' },
        ...{ networkId: network.id, name, segmentIndex: (last?.segmentIndex ?? -1) + 1 },
        ...(await allocation.place(tx, network.projectId, { networkType, physicalNetwork, segmentationId })),
      }
    },
    change: (before, { name, description }) => ({ ...before, ...given({ name, description }) }),
    async mayGo(segment, tx) {
      const subnets = await store.subnetsOn(segment.id, tx.read)
      if (subnets.length > 0)
        refuseConflict(
          'SegmentInUse',
          `Segment '${segment.id}' cannot be deleted: The segment is still associated with subnet(s) ${subnets.join(', ')}.`,
        )
    },
  })
}

export type SegmentLogic = ReturnType<typeof segmentLogic>
