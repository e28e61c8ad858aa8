import type { QueryResult } from 'kysely'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { isBusy, isContention, isLost } from './errors.ts'
import type { Health } from './health.ts'
import type { Engine, Statement } from './session.ts'
import { sqliteEngine } from './sqlite-engine.ts'
import { unavailable } from './unavailable.ts'
import type { Place } from './url.ts'

export interface EngineRooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>
  readonly option: string
  /** Of each kind, writing and reading. */
  readonly connections: number
}

/** The client of a server is loaded where a server is configured. */
export async function openEngine(place: Place, rooms: EngineRooms): Promise<Engine> {
  if (place.dialect === 'sqlite') return sqliteEngine(place, rooms)
  if (place.dialect === 'mysql') return (await import('./mysql.ts')).openMysql(place, rooms)
  return (await import('./postgres.ts')).openPostgres(place, rooms)
}

const readAttempts = 3

interface ReadRooms {
  readonly engine: Engine
  readonly clock: Clock
  readonly chance: Chance
  readonly health: Health
}

/** A read, repeated when its connection was lost under it: reading twice does no harm. */
export async function patientRead({ engine, clock, chance, health }: ReadRooms, statement: Statement): Promise<QueryResult<unknown>> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await engine.read(statement)
      health.well()
      return result
    } catch (error) {
      const lost = isLost(error)
      if (!(lost || isBusy(error) || isContention(error))) throw error
      if (attempt >= readAttempts) {
        if (lost) health.lost(error)
        throw unavailable(error)
      }
      await clock.sleep(30 * attempt * (0.5 + chance.fraction()))
    }
  }
}
