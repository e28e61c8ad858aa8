import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { Segment } from './segment/segment.ts'

/** Segments in `networksegments`; which tags are taken, in `segmentallocations`. */
export const segmentStore = (db: Pick<Database<Tables>, 'read'>) => {
  const kept = keeping<Segment>(db, {
    table: 'networksegments',
    kind: 'network.segment',
    columns: {
      ...namedColumns,
      networkId: 'text',
      networkType: 'text',
      physicalNetwork: 'text',
      segmentationId: 'number',
      segmentIndex: 'number',
    },
    projectOf: () => undefined,
    complete: asTheyLie,
  })

  const giveBack = (tx: Transaction, ids: readonly string[]) =>
    tx.change([], async sql => void (await sql.deleteFrom('segmentallocations').where('segment_id', 'in', ids).execute()))
  const take = (tx: Transaction, segments: readonly Segment[]) =>
    tx.change([], async sql => {
      const rows = segments.filter(({ networkType }) => networkType !== 'local').map(taking)
      if (rows.length > 0) await sql.insertInto('segmentallocations').values(rows).execute()
    })

  return {
    ...kept,

    async insert(tx: Transaction, segments: readonly Segment[]): Promise<void> {
      await kept.insert(tx, segments)
      await take(tx, segments)
    },

    async delete(tx: Transaction, segment: Segment): Promise<void> {
      await giveBack(tx, [segment.id])
      await kept.delete(tx, segment)
    },

    async release(tx: Transaction, segments: readonly Segment[]): Promise<void> {
      for (const segment of segments) await this.delete(tx, segment)
    },

    async retag(tx: Transaction, segment: Segment): Promise<void> {
      await giveBack(tx, [segment.id])
      await kept.update(tx, segment)
      await take(tx, [segment])
    },

    async ofNetworks(ids: readonly string[], from: Reading = db.read): Promise<readonly Segment[]> {
      if (ids.length === 0) return []
      return kept.list({ filters: { network_id: ids }, sort: [{ name: 'segment_index', isRising: true }] }, undefined, from)
    },

    /** The subnets that are on a segment alone. */
    async subnetsOn(segmentId: string, from: Reading): Promise<readonly string[]> {
      const rows = await from.selectFrom('subnets').select('id').where('segment_id', '=', segmentId).orderBy('id').execute()
      return rows.map(row => String(row['id']))
    },

    /** On which segments the subnets of a network are; `null` is one that is on all of them. */
    async ofSubnets(networkId: string, from: Reading): Promise<readonly (string | null)[]> {
      const rows = await from.selectFrom('subnets').select(['segment_id', 'service_types']).where('network_id', '=', networkId).execute()
      const ordinary = rows.filter(row => !String(row['service_types']).includes('network:routed'))
      return ordinary.map(row => row['segment_id'] as string | null)
    },

    /** Of these numbers, those that are taken. */
    async taken(networkType: string, physicalNetwork: string, numbers: readonly number[], from: Reading): Promise<ReadonlySet<number>> {
      const rows = await from
        .selectFrom('segmentallocations')
        .select('segmentation_id')
        .where('network_type', '=', networkType)
        .where('physical_network', '=', physicalNetwork)
        .where('segmentation_id', 'in', numbers)
        .execute()
      return new Set(rows.map(row => Number(row['segmentation_id'])))
    },
  }
}

export type SegmentStore = ReturnType<typeof segmentStore>

const taking = ({ id, networkType, physicalNetwork, segmentationId }: Segment) => ({
  network_type: networkType,
  physical_network: physicalNetwork ?? '',
  segmentation_id: segmentationId ?? 0,
  segment_id: id,
})
