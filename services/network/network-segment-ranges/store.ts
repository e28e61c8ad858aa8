import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { NetworkSegmentRange } from './network-segment-range/network-segment-range.ts'

/** Ranges in `network_segment_ranges`; what of them is taken is known by `segments/`. */
export const rangeStore = (db: Pick<Database<Tables>, 'read'>) => {
  const kept = keeping<NetworkSegmentRange>(db, {
    table: 'network_segment_ranges',
    kind: 'network.network_segment_range',
    columns: {
      ...namedColumns,
      isDefault: 'flag',
      shared: 'flag',
      networkType: 'text',
      physicalNetwork: 'text',
      minimum: 'number',
      maximum: 'number',
    },
    filters: tagFilters('network_segment_ranges'),
    projectOf: ({ projectId }) => projectId || undefined,
    async complete(rows, read) {
      const tags = await tagsAmong(
        read,
        rows.map(({ id }) => id),
      )
      const taken = await takenAmong(read, rows)
      return rows.map(row => ({ ...row, tags: tags.get(row.id) ?? [], used: usedOf(row, taken) }))
    },
  })
  return {
    ...kept,

    /** The ranges of the configuration, as it is now: others that were in it before go. */
    async settle(tx: Transaction, wanted: readonly NetworkSegmentRange[]): Promise<void> {
      const there = await kept.list({ filters: { is_default: [true] }, sort: [] }, undefined, tx.read)
      for (const one of there) if (!wanted.some(({ id }) => id === one.id)) await kept.delete(tx, one)
      const fresh = wanted.filter(({ id }) => !there.some(one => one.id === id))
      if (fresh.length > 0) await kept.insert(tx, fresh)
    },
  }
}

export type RangeStore = ReturnType<typeof rangeStore>

interface Taken {
  readonly networkType: string
  readonly physicalNetwork: string | null
  readonly number: number
  readonly projectId: string
}

/** The numbers that networks have, within the outermost bounds of these ranges. */
async function takenAmong(read: Reading, ranges: readonly NetworkSegmentRange[]): Promise<readonly Taken[]> {
  if (ranges.length === 0) return []
  const rows = await read
    .selectFrom('networksegments')
    .innerJoin('networks', 'networks.id', 'networksegments.network_id')
    .select(['networksegments.network_type', 'networksegments.physical_network', 'networksegments.segmentation_id', 'networks.project_id'])
    .where('networksegments.network_type', 'in', [...new Set(ranges.map(({ networkType }) => networkType))])
    .where('networksegments.segmentation_id', '>=', Math.min(...ranges.map(({ minimum }) => minimum)))
    .where('networksegments.segmentation_id', '<=', Math.max(...ranges.map(({ maximum }) => maximum)))
    .execute()
  return rows.map(row => ({
    networkType: String(row['network_type']),
    physicalNetwork: row['physical_network'] as string | null,
    number: Number(row['segmentation_id']),
    projectId: String(row['project_id']),
  }))
}

const usedOf = ({ networkType, physicalNetwork, minimum, maximum }: NetworkSegmentRange, taken: readonly Taken[]): Record<string, string> =>
  Object.fromEntries(
    taken
      .filter(one => one.networkType === networkType && one.physicalNetwork === physicalNetwork)
      .filter(({ number }) => number >= minimum && number <= maximum)
      .map(({ number, projectId }) => [number, projectId]),
  )
