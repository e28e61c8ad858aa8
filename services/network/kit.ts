import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { type Answered, type Callers, type TestDoor, testDoor, usualCallers } from '@kilonova/stories/kit/door.ts'
import { spell } from './faults.ts'
import { build } from './main/build.ts'
import type { NetworkSettings } from './main/settings.ts'
import { migrations } from './migrations/all.ts'
import { networkOptions } from './options.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export const cause = { requestId: 'req-test', why: 'test' }

type Declared = typeof networkOptions
/** What every option is when nobody says anything. */
const defaults = Object.fromEntries(
  Object.entries(networkOptions).map(([section, declared]) => [
    section,
    Object.fromEntries(Object.entries(declared).map(([name, option]) => [name, (option as { default: unknown }).default])),
  ]),
) as { [S in keyof Declared]: NetworkSettings[S] }

/** The usual settings, but for what a test says. */
export const settingsWith = (said: { readonly [S in keyof NetworkSettings]?: Partial<NetworkSettings[S]> } = {}): NetworkSettings =>
  Object.fromEntries(
    Object.entries(defaults).map(([section, values]) => [section, { ...values, ...said[section as keyof NetworkSettings] }]),
  ) as typeof defaults

export const emptyDatabase = (): Promise<Database<Tables>> =>
  openDatabase<Tables>({ url: 'sqlite://', service: 'network', migrations, clock: systemClock, log: silentLog })

export const logicsOver = (db: Database<Tables>, settings = settingsWith()): Logics =>
  build({ settings, clock: systemClock, chance: seededChance(1) }, db)

const other = {
  userId: 'u-o',
  userDomainId: 'default',
  projectId: 'p-other',
  projectDomainId: 'default',
  roles: ['member', 'reader'],
  token: { project: { id: 'p-other', domain: { id: 'default' } } },
}
export const callers: Callers = { ...usualCallers, other }

export interface Bench extends Pick<TestDoor, 'close'> {
  readonly db: Database<Tables>
  readonly logics: Logics
  /** As a member of the project `p-demo`, unless told. */
  ask(route: string, more?: { as?: string; body?: unknown; headers?: Record<string, string> }): Promise<Answered>
  /** Makes something and gives it back; fails when it is refused. */
  make(path: string, body: Readonly<Record<string, object>>, as?: string): Promise<Answered['body']>
}

/** For tests: the whole service behind a door, over an empty database. */
export async function bench(settings = settingsWith({ ml2_type_vlan: { network_vlan_ranges: ['physnet1:100:102'] } })): Promise<Bench> {
  const db = await emptyDatabase()
  const logics = logicsOver(db, settings)
  const door = await testDoor({ versions, endpoints: routes(logics), spell, policies, callers })
  const ask: Bench['ask'] = (route, { as = 'member', ...more } = {}) => door.ask(route, { ...more, ...(as === '' ? {} : { as }) })
  return {
    db,
    logics,
    ask,
    async make(path, body, as = 'member') {
      const answered = await ask(`POST /v2.0/${path}`, { as, body })
      if (answered.status !== 201) throw new Error(`${path} answered ${answered.status}: ${JSON.stringify(answered.body)}`)
      return answered.body[Object.keys(body)[0] ?? '']
    },
    close: async () => {
      await door.close()
      await db.close()
    },
  }
}
