import type { Clock } from '@kilonova/platform/clock.ts'
import type { ComputeRules } from '../options.ts'
import { quotaLogic } from '../quotas/logic.ts'
import { ownedStore, quotaStore, takenStore } from '../quotas/store.ts'
import { tenantUsageLogic } from '../tenant-usages/logic.ts'
import { reckonedStore } from '../tenant-usages/store.ts'
import type { Databases } from './databases.ts'

export interface LimitsWish {
  readonly databases: Databases
  readonly rules: () => ComputeRules
  readonly clock: Pick<Clock, 'now'>
}

/** What projects may have, and what they had. */
export const buildLimits = ({ databases: { api, cell1, cell0 }, rules, clock }: LimitsWish) => ({
  quotas: quotaLogic({
    ...{ store: quotaStore(api), write: api.transaction, owned: ownedStore(api), settings: rules },
    cells: [takenStore(cell1), takenStore(cell0)],
  }),
  tenantUsages: tenantUsageLogic({ cells: [reckonedStore(cell1), reckonedStore(cell0)], clock }),
})
