import { collection, type TagKeeper } from '../versions/collection.ts'
import type { RangeLogic } from './logic.ts'
import { rangeAttributes } from './network-segment-range/attributes.ts'
import { availableOf, type NetworkSegmentRange } from './network-segment-range/network-segment-range.ts'

export const rangeApi = (ranges: RangeLogic, tags: TagKeeper) =>
  collection<NetworkSegmentRange>({
    name: 'network_segment_range',
    plural: 'network_segment_ranges',
    path: '/v2.0/network_segment_ranges',
    words: { one: 'a network segment range', many: 'the network segment ranges' },
    attributes: rangeAttributes,
    logic: ranges,
    tags,
    shows: {
      default: ({ isDefault }) => isDefault,
      available: availableOf,
      // A range of all projects is nobody's.
      project_id: ({ shared, projectId }) => (shared ? null : projectId),
    },
  })
