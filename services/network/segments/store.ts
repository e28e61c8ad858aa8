import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { fromRow, toRow } from '../tables/columns.ts'
import type { Segment } from './segment/segment.ts'

const columns = {
  id: 'text',
  networkId: 'text',
  networkType: 'text',
  physicalNetwork: 'text',
  segmentationId: 'number',
  segmentIndex: 'number',
  name: 'text',
} as const

/** Segments in `networksegments`; which tags are taken, in `segmentallocations`. */
export const segmentStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async ofNetworks(ids: readonly string[], from: Reading = read): Promise<readonly Segment[]> {
    if (ids.length === 0) return []
    const rows = await from.selectFrom('networksegments').selectAll().where('network_id', 'in', ids).orderBy('segment_index').execute()
    return rows.map(row => fromRow<Segment>(columns, row))
  },

  /** Of these numbers, those that are taken. */
  async taken(
    networkType: string,
    physicalNetwork: string,
    numbers: readonly number[],
    from: Reading = read,
  ): Promise<ReadonlySet<number>> {
    const rows = await from
      .selectFrom('segmentallocations')
      .select('segmentation_id')
      .where('network_type', '=', networkType)
      .where('physical_network', '=', physicalNetwork)
      .where('segmentation_id', 'in', numbers)
      .execute()
    return new Set(rows.map(row => Number(row['segmentation_id'])))
  },

  insert: (tx: Transaction, segments: readonly Segment[], standard: Readonly<Record<string, unknown>>) =>
    tx.change(
      segments.map(segment => ({ kind: 'network.segment', id: segment.id, act: 'created', after: segment })),
      async sql => {
        for (const segment of segments) {
          await sql
            .insertInto('networksegments')
            .values({ ...standard, ...toRow(columns, segment) })
            .execute()
          if (segment.networkType !== 'local') await sql.insertInto('segmentallocations').values(taking(segment)).execute()
        }
      },
    ),

  delete: (tx: Transaction, segments: readonly Segment[]) =>
    tx.change(
      segments.map(({ id }) => ({ kind: 'network.segment', id, act: 'deleted' })),
      async sql => {
        const ids = segments.map(({ id }) => id)
        if (ids.length === 0) return
        await sql.deleteFrom('segmentallocations').where('segment_id', 'in', ids).execute()
        await sql.deleteFrom('networksegments').where('id', 'in', ids).execute()
      },
    ),
})

export type SegmentStore = ReturnType<typeof segmentStore>

const taking = ({ id, networkType, physicalNetwork, segmentationId }: Segment) => ({
  network_type: networkType,
  physical_network: physicalNetwork ?? '',
  segmentation_id: segmentationId ?? 0,
  segment_id: id,
})
