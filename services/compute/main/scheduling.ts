import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import { type Freshness, freshness } from '@kilonova/platform/changes/freshness.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { aggregateStore } from '../aggregates/store.ts'
import type { ComputeRules } from '../options.ts'
import type { AddedRules } from '../scheduler/scheduler/request.ts'
import { hostBook } from '../scheduler/logic/book.ts'
import { healingLogic } from '../scheduler/logic/healing.ts'
import { providerLogic } from '../scheduler/logic/providers.ts'
import { schedulingLogic } from '../scheduler/logic/scheduling.ts'
import { decisionStore } from '../scheduler/store/decisions.ts'
import { hostedStore } from '../scheduler/store/hosted.ts'
import { serverGroupStore } from '../server-groups/store.ts'
import { serverMigrationStore } from '../server-migrations/store.ts'
import { serverStore } from '../servers/store.ts'
import { serviceStore } from '../services/store.ts'
import type { Databases } from './databases.ts'

export interface SchedulingWish {
  readonly databases: Pick<Databases, 'api' | 'cell1'>
  readonly placement: PlacementRoom
  readonly rules: () => ComputeRules
  /** What plug-ins add to them. */
  readonly added?: AddedRules | undefined
  readonly fresh?: { readonly cell: Freshness; readonly api: Freshness } | undefined
  readonly clock: Clock
  readonly chance: Chance
}

/** What finds hosts, what tells placement of them, and what brings both together again. */
export function buildScheduling({ databases: { api, cell1 }, placement, rules, added, clock, chance, fresh }: SchedulingWish) {
  const book = hostBook({
    services: serviceStore(cell1),
    aggregates: aggregateStore(api),
    hosted: hostedStore(cell1),
    fresh: fresh ?? { cell: freshness(cell1.changes), api: freshness(api.changes) },
    clock,
  })
  const servers = serverStore(cell1)
  return {
    book,
    scheduling: schedulingLogic({
      ...{ placement, book, settings: rules, added, clock, chance },
      groups: serverGroupStore(api),
      decisions: decisionStore(api),
      write: api.transaction,
    }),
    providers: providerLogic({ placement, book, settings: rules }),
    healing: healingLogic({ placement, book, servers, liveMigrations: serverMigrationStore(cell1).liveAmong }),
  }
}
