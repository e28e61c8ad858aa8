import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { SubPort, Trunk } from './trunk/trunk.ts'

/** Trunks in `trunks`, the ports inside of them in `subports`. */
export const trunkStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<Trunk>(db, {
    table: 'trunks',
    kind: 'network.trunk',
    columns: { ...namedColumns, adminStateUp: 'flag', portId: 'text', status: 'text' },
    filters: tagFilters('trunks'),
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read) {
      const ids = rows.map(({ id }) => id)
      const [tags, inside] = [await tagsAmong(read, ids), await insideOf(read, ids)]
      return rows.map(row => ({ ...row, tags: tags.get(row.id) ?? [], subPorts: inside.get(row.id) ?? [] }))
    },
  }),

  /** The trunks that a port is the parent of or inside of: one at most. */
  async ofPort(portId: string, from: Reading): Promise<{ readonly trunkId: string; readonly isParent: boolean } | undefined> {
    const parent = await from.selectFrom('trunks').select('id').where('port_id', '=', portId).executeTakeFirst()
    if (parent) return { trunkId: String(parent['id']), isParent: true }
    const inside = await from.selectFrom('subports').select('trunk_id').where('port_id', '=', portId).executeTakeFirst()
    return inside && { trunkId: String(inside['trunk_id']), isParent: false }
  },

  add: (tx: Transaction, trunkId: string, subPorts: readonly SubPort[]) =>
    tx.change([], async sql => {
      const rows = subPorts.map(({ portId, segmentationType, segmentationId }) => ({
        port_id: portId,
        trunk_id: trunkId,
        segmentation_type: segmentationType,
        segmentation_id: segmentationId,
      }))
      if (rows.length > 0) await sql.insertInto('subports').values(rows).execute()
    }),

  remove: (tx: Transaction, portIds: readonly string[]) =>
    tx.change([], async sql => {
      if (portIds.length > 0) await sql.deleteFrom('subports').where('port_id', 'in', portIds).execute()
    }),
})

export type TrunkStore = ReturnType<typeof trunkStore>

async function insideOf(read: Reading, trunkIds: readonly string[]): Promise<ReadonlyMap<string, readonly SubPort[]>> {
  if (trunkIds.length === 0) return new Map()
  const rows = await read
    .selectFrom('subports')
    .selectAll()
    .where('trunk_id', 'in', trunkIds)
    .orderBy('segmentation_id')
    .orderBy('port_id')
    .execute()
  const byTrunk = Map.groupBy(rows, row => String(row['trunk_id']))
  return new Map([...byTrunk].map(([id, some]) => [id, some.map(subPortOf)]))
}

const subPortOf = (row: Record<string, unknown>): SubPort => ({
  portId: String(row['port_id']),
  segmentationType: 'vlan',
  segmentationId: Number(row['segmentation_id']),
})
