import { collection } from '../versions/collection.ts'
import type { SegmentLogic } from './logic/segments.ts'
import { segmentAttributes } from './segment/attributes.ts'
import type { Segment } from './segment/segment.ts'

export const segmentApi = (segments: SegmentLogic) =>
  collection<Segment>({
    name: 'segment',
    plural: 'segments',
    path: '/v2.0/segments',
    words: { one: 'a segment', many: 'the segments of networks' },
    attributes: segmentAttributes,
    logic: segments,
  })
