import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Driver } from '../drivers/driver.ts'

/** What every verb on guests is handed. */
export interface Rooms {
  readonly driver: Driver
  readonly clock: Clock
  readonly log: Log
}
