import type { Database } from '@kilonova/platform/sql/database.ts'
import type { FlavorRow, Tables, Transaction } from '../tables.ts'
import type { Flavor } from './flavor.ts'

export const flavorStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<Flavor | undefined> {
    const row = await from.selectFrom('flavor').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toFlavor(row)
  },

  async list(from = read): Promise<readonly Flavor[]> {
    const rows = await from.selectFrom('flavor').selectAll().orderBy('id').execute()
    return rows.map(toFlavor)
  },

  insert: (tx: Transaction, flavor: Flavor) =>
    tx.change({ kind: 'compute.flavor', id: flavor.id, act: 'created', after: flavor }, sql =>
      sql.insertInto('flavor').values(toRow(flavor)).execute(),
    ),
})

export type FlavorStore = ReturnType<typeof flavorStore>

const toRow = (flavor: Flavor): FlavorRow => ({
  id: flavor.id,
  name: flavor.name,
  memory_mb: flavor.memoryMb,
  vcpus: flavor.vcpus,
  disk_gb: flavor.diskGb,
  swap_mb: flavor.swapMb,
  ephemeral_gb: flavor.ephemeralGb,
  description: flavor.description,
})

const toFlavor = (row: FlavorRow): Flavor => ({
  id: row.id,
  name: row.name,
  memoryMb: row.memory_mb,
  vcpus: row.vcpus,
  diskGb: row.disk_gb,
  swapMb: row.swap_mb,
  ephemeralGb: row.ephemeral_gb,
  description: row.description,
})
