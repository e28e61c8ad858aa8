import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Driver } from '../drivers/driver.ts'
import type { Held } from './held.ts'
import type { inTurn } from './in-turn.ts'

export interface Rooms {
  readonly host: string
  readonly driver: Driver
  readonly held: Held
  readonly turn: ReturnType<typeof inTurn>
  readonly clock: Clock
  readonly log: Log
  /** Says of each port that was plugged in or pulled out. */
  readonly tellPorts: (news: { readonly up: readonly string[]; readonly down: readonly string[] }) => Promise<void>
}
