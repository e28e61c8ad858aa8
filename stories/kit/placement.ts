import { migrations, openPlacementRoom, type PlacementDatabase } from '@kilonova/placement/main.ts'
import { type Chance, seededChance } from '@kilonova/platform/chance.ts'
import { type Clock, systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { openDatabase } from '@kilonova/platform/sql/database.ts'

interface Wish {
  readonly url?: string | undefined
  readonly clock?: Clock
  readonly chance?: Chance
}

/** Placement for tests that need nobody at its door: its rules over a database of its own, in memory unless told. */
export async function startPlacement({ url = 'sqlite://', clock = systemClock, chance = seededChance(1) }: Wish = {}) {
  const database: PlacementDatabase = await openDatabase({ url, service: 'placement', migrations, clock, chance, log: silentLog })
  return { room: openPlacementRoom({ clock, chance }, database), database, close: database.close }
}
