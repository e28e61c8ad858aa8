import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'

/** Says once that the database is away, and once that it is back: not with every request. */
export interface Health {
  lost(error: unknown): void
  well(): void
}

export function health(service: string, clock: Clock, log: Pick<Log, 'info' | 'warn'>): Health {
  let since: number | undefined
  return {
    lost: error => {
      if (since !== undefined) return
      since = clock.monotonic()
      log.warn('The database is away', { service, error })
    },
    well: () => {
      if (since === undefined) return
      log.info('The database is back', { service, away_s: Math.round((clock.monotonic() - since) / 100) / 10 })
      since = undefined
    },
  }
}
