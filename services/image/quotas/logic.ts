import { Refusal } from '@kilonova/platform/refusal.ts'
import { type QuotaLimits, type QuotaName, quotaNames, type Usage } from './quota.ts'
import type { QuotaStore } from './store.ts'

export interface Rooms {
  readonly store: QuotaStore
  readonly limits: QuotaLimits
}

type From = Parameters<QuotaStore['count']>[2]
const mebibyte = 2 ** 20

/** What a project uses and may use. Sizes are looked at before data comes: who is at the limit may bring no more. */
export const quotaLogic = ({ store, limits }: Rooms) => {
  const used: Readonly<Record<QuotaName, (projectId: string, from: From) => Promise<number>>> = {
    image_size_total: async (projectId, from) => Math.floor((await store.countStored(projectId, from)) / mebibyte),
    image_stage_total: async (projectId, from) =>
      Math.floor((await store.count(projectId, ['uploading', 'importing'], from)).bytes / mebibyte),
    image_count_total: async (projectId, from) => (await store.count(projectId, undefined, from)).images,
    image_count_uploading: async (projectId, from) => (await store.count(projectId, ['saving', 'uploading', 'importing'], from)).images,
  }

  return {
    /** Refuses `over-quota`; with nothing to be added, when the limit is passed already. */
    async mustHaveRoom(name: QuotaName, projectId: string | null, more: number, from?: From): Promise<void> {
      if (projectId === null) return
      const { [name]: limit } = await limits.of(projectId)
      if (limit < 0) return
      const usage = await used[name](projectId, from)
      if (usage + more > limit)
        throw new Refusal(
          'over-quota',
          `Project ${projectId} is over a limit for [Resource ${name} is over limit of ${limit} due to current usage ${usage} and delta ${more}]`,
        )
    },

    async usage(projectId: string): Promise<Readonly<Record<QuotaName, Usage>>> {
      const limitOf = await limits.of(projectId)
      const entries = quotaNames.map(async name => [name, { usage: await used[name](projectId, undefined), limit: limitOf[name] }] as const)
      return Object.fromEntries(await Promise.all(entries)) as Record<QuotaName, Usage>
    },
  }
}

export type QuotaLogic = ReturnType<typeof quotaLogic>
