import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { shareable } from '../tables/sharing.ts'
import type { Subnetpool } from './subnetpool/subnetpool.ts'

/** A subnet as its pool sees it. */
export interface Cut {
  readonly id: string
  readonly projectId: string
  readonly networkId: string
  readonly cidr: string
}

const toCut = (row: Record<string, unknown>): Cut => ({
  id: String(row['id']),
  projectId: String(row['project_id']),
  networkId: String(row['network_id']),
  cidr: String(row['cidr']),
})

export const subnetpoolStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<Subnetpool>(db, {
    table: 'subnetpools',
    kind: 'network.subnetpool',
    columns: {
      ...namedColumns,
      ipVersion: 'number',
      prefixes: 'json',
      defaultPrefixlen: 'number',
      minPrefixlen: 'number',
      maxPrefixlen: 'number',
      defaultQuota: 'number',
      addressScopeId: 'text',
      isDefault: 'flag',
      shared: 'flag',
    },
    ...shareable('subnetpools', 'subnetpool'),
    projectOf: ({ projectId }) => projectId,
  }),

  /** What was cut out of a pool. */
  async cutsOf(poolId: string, from: Reading): Promise<readonly Cut[]> {
    const rows = await from
      .selectFrom('subnets')
      .select(['id', 'project_id', 'network_id', 'cidr'])
      .where('subnetpool_id', '=', poolId)
      .execute()
    return rows.map(toCut)
  },

  async subnetsOfNetwork(
    networkId: string,
    ipVersion: number,
    from: Reading,
  ): Promise<readonly (Cut & { readonly poolId: string | null })[]> {
    const rows = await from
      .selectFrom('subnets')
      .selectAll()
      .where('network_id', '=', networkId)
      .where('ip_version', '=', ipVersion)
      .execute()
    return rows.map(row => ({ ...toCut(row), poolId: row['subnetpool_id'] as string | null }))
  },

  adopt: (tx: Transaction, subnetIds: readonly string[], poolId: string) =>
    tx.change(
      subnetIds.map(id => ({ kind: 'network.subnet', id, act: 'updated', after: { subnetpoolId: poolId } })),
      async sql => {
        if (subnetIds.length > 0) await sql.updateTable('subnets').set({ subnetpool_id: poolId }).where('id', 'in', subnetIds).execute()
      },
    ),
})

export type SubnetpoolStore = ReturnType<typeof subnetpoolStore>
