import type { ChangeLog } from '@kilonova/platform/changes/change.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { changeEndpoint } from '@kilonova/platform/http/change-endpoints.ts'
import { aggregateApi } from './aggregates/api.ts'
import type { AggregateLogic } from './aggregates/logic.ts'
import { candidateApi } from './allocation-candidates/api/candidates.ts'
import type { CandidateLogic } from './allocation-candidates/logic/candidates.ts'
import { allocationApi } from './allocations/api/allocations.ts'
import type { AllocationLogic } from './allocations/logic/allocations.ts'
import { discoveryApi } from './discovery/api.ts'
import { inventoryApi } from './inventories/api.ts'
import type { InventoryLogic } from './inventories/logic.ts'
import type { LandscapeLogic } from './landscape/logic.ts'
import { resourceClassApi } from './resource-classes/api.ts'
import type { ResourceClassLogic } from './resource-classes/logic.ts'
import { resourceProviderApi } from './resource-providers/api.ts'
import type { ResourceProviderLogic } from './resource-providers/logic.ts'
import { traitApi } from './traits/api.ts'
import type { TraitLogic } from './traits/logic.ts'
import { usageApi } from './usages/api.ts'
import type { UsageLogic } from './usages/logic.ts'
import { endpoint, query } from './versions.ts'

/** What the routes are answered by. */
export interface Logics {
  readonly providers: ResourceProviderLogic
  readonly landscape: LandscapeLogic
  readonly inventories: InventoryLogic
  readonly traits: TraitLogic
  readonly classes: ResourceClassLogic
  readonly aggregates: AggregateLogic
  readonly allocations: AllocationLogic
  readonly candidates: CandidateLogic
  readonly usages: UsageLogic
  readonly changes: ChangeLog
  /** The project and the user of a consumer whose client named none. */
  readonly nobody: { readonly projectId: string; readonly userId: string }
  readonly clock: Pick<Clock, 'now'>
}

export const changesPath = '/changes'
export const changeRules = { own: 'placement:changes', all: 'placement:changes:all' }

/** Every URL of the service. */
export const routes = ({ clock, ...logics }: Logics) => [
  ...discoveryApi(clock),
  ...resourceProviderApi({ ...logics, clock }),
  ...inventoryApi(logics.inventories, clock),
  ...aggregateApi(logics.aggregates, clock),
  ...usageApi(logics.usages, logics.inventories, clock),
  ...traitApi(logics.traits, clock),
  ...resourceClassApi(logics.classes, clock),
  ...allocationApi(logics.allocations, logics.nobody, clock),
  ...candidateApi(logics.candidates, clock),
  changeEndpoint(changesPath, { endpoint, query }, logics.changes, changeRules),
]
