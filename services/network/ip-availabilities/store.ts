import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'

export const availabilityStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** How many addresses of each of these subnets are taken. */
  async used(subnetIds: readonly string[], from: Reading = read): Promise<ReadonlyMap<string, number>> {
    if (subnetIds.length === 0) return new Map()
    const rows = await from
      .selectFrom('ipallocations')
      .select(({ fn }) => ['subnet_id', fn.countAll().as('count')])
      .where('subnet_id', 'in', subnetIds)
      .groupBy('subnet_id')
      .execute()
    return new Map(rows.map(row => [String(row['subnet_id']), Number(row['count'])]))
  },
})

export type AvailabilityStore = ReturnType<typeof availabilityStore>
