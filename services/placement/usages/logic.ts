import { unknownType } from '../allocations/allocation.ts'
import type { UsageStore, Whose } from './store.ts'
import type { Usage } from './usage.ts'

/** How much a project, or one of its users, takes of everything. */
export const usageLogic = ({ store }: { readonly store: UsageStore }) => ({
  /** By resource class. */
  async total(whose: Whose): Promise<Readonly<Record<string, number>>> {
    const sums: Record<string, number> = {}
    for (const { resourceClass, used } of await store.listSums(whose)) sums[resourceClass] = (sums[resourceClass] ?? 0) + used
    return sums
  },

  /** Apart for each type of consumer; of one type only; or of all together as `all`. */
  async byType(whose: Whose, wanted?: string): Promise<readonly Usage[]> {
    const [sums, counts] = await Promise.all([store.listSums(whose), store.listCounts(whose)])
    const nameOf = (type: string | null) => (wanted === 'all' ? 'all' : (type ?? unknownType))
    const named = counts.map(({ type, count }) => ({ name: nameOf(type), count }))
    const names = [...new Set(named.map(one => one.name))].filter(name => wanted === undefined || name === wanted)
    return names.map(consumerType => {
      const used: Record<string, number> = {}
      for (const { type, resourceClass, used: amount } of sums)
        if (nameOf(type) === consumerType) used[resourceClass] = (used[resourceClass] ?? 0) + amount
      const consumerCount = named.filter(one => one.name === consumerType).reduce((sum, one) => sum + one.count, 0)
      return { consumerType, consumerCount, used }
    })
  },
})

export type UsageLogic = ReturnType<typeof usageLogic>
