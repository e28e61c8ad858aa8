import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { type Answered, type TestDoor, testDoor, usualCallers } from '@kilonova/stories/kit/door.ts'
import { spell } from './faults.ts'
import { build } from './main/build.ts'
import { migrations } from './migrations/all.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export const cause = { requestId: 'req-test', why: 'test' }

const nobody = '00000000-0000-0000-0000-000000000000'
export const usualSettings = {
  placement: {
    randomize_allocation_candidates: false,
    incomplete_consumer_project_id: nobody,
    incomplete_consumer_user_id: nobody,
    allocation_conflict_retry_count: 10,
  },
}

export const emptyDatabase = (): Promise<Database<Tables>> =>
  openDatabase<Tables>({ url: 'sqlite://', service: 'placement', migrations, clock: systemClock, log: silentLog })

export const logicsOver = (db: Database<Tables>): Logics =>
  build({ settings: usualSettings, clock: systemClock, chance: seededChance(1) }, db)

export interface Bench extends Pick<TestDoor, 'close'> {
  readonly db: Database<Tables>
  readonly logics: Logics
  /** As an administrator in the newest version, unless told. */
  ask(route: string, more?: { as?: string; body?: unknown; version?: string; headers?: Record<string, string> }): Promise<Answered>
}

/** For tests: the whole service behind a door, over an empty database. */
export async function bench(): Promise<Bench> {
  const db = await emptyDatabase()
  const logics = logicsOver(db)
  const door = await testDoor({
    versions,
    microversions: { service: 'placement' },
    endpoints: routes(logics),
    spell,
    policies,
    callers: usualCallers,
  })
  return {
    db,
    logics,
    ask: (route, { version = '1.39', headers, as = 'admin', ...more } = {}) =>
      door.ask(route, {
        ...more,
        ...(as === '' ? {} : { as }),
        headers: { 'openstack-api-version': `placement ${version}`, ...headers },
      }),
    close: async () => {
      await door.close()
      await db.close()
    },
  }
}

/** A UUID that a test can read. */
export const uuidOf = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
