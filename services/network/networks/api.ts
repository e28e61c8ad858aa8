import { collection, type TagKeeper } from '../versions/collection.ts'
import type { NetworkLogic } from './logic.ts'
import { networkAttributes } from './network/attributes.ts'
import type { Network } from './network/network.ts'

/** What is shown of a network's segments: of the only one its parts, of several a list. */
const only = <T>(of: (segment: Network['segments'][number]) => T) => {
  return ({ segments: [segment, another] }: Network): T | undefined => (segment && !another ? of(segment) : undefined)
}

const several = ({ segments }: Network) =>
  segments.length < 2
    ? undefined
    : segments.map(({ networkType, physicalNetwork, segmentationId }) => ({
        'provider:network_type': networkType,
        'provider:physical_network': physicalNetwork,
        'provider:segmentation_id': segmentationId,
      }))

export const networkApi = (networks: NetworkLogic, tags: TagKeeper) =>
  collection<Network>({
    name: 'network',
    plural: 'networks',
    path: '/v2.0/networks',
    words: { one: 'a network', many: 'the networks' },
    attributes: networkAttributes,
    logic: networks,
    tags,
    shows: {
      is_default: ({ routerExternal, isDefault }) => (routerExternal ? isDefault : undefined),
      l2_adjacency: ({ isRouted }) => !isRouted,
      segments: several,
      'provider:network_type': only(segment => segment.networkType),
      'provider:physical_network': only(segment => segment.physicalNetwork),
      'provider:segmentation_id': only(segment => segment.segmentationId),
    },
  })
