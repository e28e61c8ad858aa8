import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Driver } from '../drivers/driver.ts'

/** What every verb on guests is handed. */
export interface Rooms {
  readonly driver: Driver
  readonly clock: Clock
  readonly log: Log
  /** How often a guest is asked to shut itself down while it does not; 10 s unless told. */
  readonly pressEveryMs?: number | undefined
}
