import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { refuseBody, refuseUnknown } from '../refusals/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import { type Counted, countedResources, type Limits } from './quota.ts'
import type { QuotaStore } from './store.ts'

export interface Rooms {
  readonly store: QuotaStore
  readonly write: Write
  /** The operator's. */
  readonly defaults: Limits
}

/** Limits per project: what is made is counted in the transaction that makes it. */
export const quotaLogic = ({ store, write, defaults }: Rooms) => {
  const whole = (own: ReadonlyMap<string, number>): Limits =>
    Object.fromEntries(countedResources.map(resource => [resource, own.get(resource) ?? defaults[resource] ?? -1]))
  const limitsOf = async (projectId: string, from?: Parameters<QuotaStore['limits']>[1]): Promise<Limits> =>
    whole(await store.limits(projectId, from))
  return {
    limitsOf,
    defaults: (): Limits => whole(new Map()),
    /** The limits of the projects for which some were set. */
    all: async (): Promise<ReadonlyMap<string, Limits>> =>
      new Map([...(await store.allLimits())].map(([projectId, own]) => [projectId, whole(own)])),
    usageOf: store.usage,

    /** Counts things that are made, and refuses when they are too many. */
    async take(tx: Transaction, projectId: string, resource: Counted, by = 1): Promise<void> {
      // What the cloud has for itself (gateways, floating addresses) belongs to no project.
      if (projectId === '') return
      await store.count(tx, projectId, resource, by)
      const limit = (await store.limits(projectId, tx.read)).get(resource) ?? defaults[resource] ?? -1
      if (limit < 0) return
      if (((await store.usage(projectId, tx.read)).get(resource) ?? 0) > limit)
        throw new Refusal('over-quota', `Quota exceeded for resources: ['${resource}'].`, { code: 'OverQuota' })
    },

    /** Counts without looking at the limit: what comes along with something that was counted. */
    async note(tx: Transaction, projectId: string, resource: Counted, by: number): Promise<void> {
      if (projectId !== '') await store.count(tx, projectId, resource, by)
    },

    async give(tx: Transaction, projectId: string, resource: Counted, by = 1): Promise<void> {
      if (projectId !== '') await store.count(tx, projectId, resource, -by)
    },

    /** `check`: no limit below what is there. */
    update: (projectId: string, wish: Limits, { check, cause }: { check: boolean; cause: Cause }): Promise<Limits> =>
      write(cause, async tx => {
        const used = await store.usage(projectId, tx.read)
        for (const [resource, limit] of Object.entries(wish))
          if (check && limit >= 0 && (used.get(resource) ?? 0) > limit)
            refuseBody(`Quota limit ${limit} for ${resource} must be greater than or equal to already used ${used.get(resource)}`)
        await store.write(tx, projectId, new Map([...(await store.limits(projectId, tx.read)), ...Object.entries(wish)]))
        return limitsOf(projectId, tx.read)
      }),

    reset: (projectId: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if ((await store.limits(projectId, tx.read)).size === 0)
          refuseUnknown('TenantQuotaNotFound', `Quota for tenant ${projectId} could not be found.`)
        await store.write(tx, projectId, new Map())
      }),
  }
}

export type QuotaLogic = ReturnType<typeof quotaLogic>
