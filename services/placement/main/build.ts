import { freshness } from '@kilonova/platform/changes/freshness.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { aggregateLogic } from '../aggregates/logic.ts'
import { aggregateStore } from '../aggregates/store.ts'
import { candidateLogic } from '../allocation-candidates/logic/candidates.ts'
import { allocationLogic } from '../allocations/logic/allocations.ts'
import { allocationStore } from '../allocations/store.ts'
import { inventoryLogic } from '../inventories/logic.ts'
import { inventoryStore } from '../inventories/store.ts'
import { landscapeLogic } from '../landscape/logic.ts'
import { landscapeStore } from '../landscape/store.ts'
import type { placementOptions } from '../options.ts'
import { resourceClassLogic } from '../resource-classes/logic.ts'
import { resourceClassStore } from '../resource-classes/store.ts'
import { resourceProviderLogic, type Rooms as ProviderRooms } from '../resource-providers/logic.ts'
import { resourceProviderStore } from '../resource-providers/store.ts'
import type { Logics } from '../routes.ts'
import type { Tables, Transaction } from '../tables.ts'
import { traitLogic } from '../traits/logic.ts'
import { traitStore } from '../traits/store.ts'
import { usageLogic } from '../usages/logic.ts'
import { usageStore } from '../usages/store.ts'

export interface BuildWish {
  readonly settings: Pick<Values<typeof placementOptions>, 'placement'>
  readonly clock: Clock
  readonly chance: Chance
}

/** Stores and logics, put together: the one page that says who is handed what. */
export function build({ settings: { placement }, clock, chance }: BuildWish, db: Database<Tables>): Logics {
  const made = { write: db.transaction, clock, chance }
  const isCollision = isUniqueViolation
  const keepers: ProviderRooms['others'][number][] = []
  const inventoryRows = inventoryStore(db)
  const allocationRows = allocationStore(db)
  const renaming = (update: (tx: Transaction, from: string, to: string) => Promise<unknown>) => ({ renameClass: update })
  const classes = resourceClassLogic({
    store: resourceClassStore(db),
    ...made,
    isCollision,
    isUsed: inventoryRows.isUsed,
    others: [renaming(inventoryRows.updateClass), renaming(allocationRows.updateClass)],
  })
  const providers = resourceProviderLogic({ store: resourceProviderStore(db), ...made, others: keepers })
  const inventories = inventoryLogic({ store: inventoryRows, ...made, providers, classes })
  const traits = traitLogic({ store: traitStore(db), ...made, isCollision, providers })
  const aggregates = aggregateLogic({ store: aggregateStore(db), ...made, providers })
  keepers.push(inventories, traits, aggregates)
  const landscape = landscapeLogic({ store: landscapeStore(db), fresh: freshness(db.changes) })
  return {
    providers,
    landscape,
    inventories,
    traits,
    classes,
    aggregates,
    allocations: allocationLogic({
      store: allocationRows,
      ...made,
      providers,
      inventories,
      classes,
      isCollision,
      attempts: placement.allocation_conflict_retry_count,
    }),
    candidates: candidateLogic({ landscape, classes, traits, chance, randomize: placement.randomize_allocation_candidates }),
    usages: usageLogic({ store: usageStore(db) }),
    changes: db.changes,
    nobody: { projectId: placement.incomplete_consumer_project_id, userId: placement.incomplete_consumer_user_id },
    clock,
  }
}
