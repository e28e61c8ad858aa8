import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'

export interface Whose {
  readonly projectId: string
  readonly userId?: string | undefined
}

/** Across the corridor, for reading only: sums over allocations and their consumers. */
export const usageStore = ({ read }: Pick<Database<Tables>, 'read'>) => {
  const taken = ({ projectId, userId }: Whose) => {
    const all = read
      .selectFrom('allocation')
      .innerJoin('consumer', 'consumer.uuid', 'allocation.consumer_uuid')
      .where('consumer.project_id', '=', projectId)
    return userId === undefined ? all : all.where('consumer.user_id', '=', userId)
  }
  return {
    async listSums(whose: Whose) {
      const rows = await taken(whose)
        .select(({ fn }) => ['consumer.consumer_type', 'allocation.resource_class', fn.sum('allocation.used').as('used')])
        .groupBy(['consumer.consumer_type', 'allocation.resource_class'])
        .execute()
      return rows.map(row => ({ type: row.consumer_type, resourceClass: row.resource_class, used: Number(row.used) }))
    },

    async listCounts(whose: Whose) {
      const rows = await taken(whose)
        .select(({ fn }) => ['consumer.consumer_type', fn.count('consumer.uuid').distinct().as('count')])
        .groupBy('consumer.consumer_type')
        .execute()
      return rows.map(row => ({ type: row.consumer_type, count: Number(row.count) }))
    },
  }
}

export type UsageStore = ReturnType<typeof usageStore>
