import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, type Migration, openDatabase } from '@kilonova/platform/sql/database.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { databaseOf } from './databases.ts'
import type { Globals } from './globals.ts'
import { services } from './services.ts'
import type { Settings } from './settings.ts'

/** A service of this cloud that keeps something. */
export interface KeptService {
  readonly name: string
  readonly type: string
  readonly url: string
  readonly option: string
}

/** The services that have tables already. Of a server of databases that is not looked at: opening them there tells. */
export const keptServices = ({ host, places }: Pick<Globals, 'host' | 'places'>, settings: Settings): readonly KeptService[] =>
  services
    .filter(({ name }) => settings.DEFAULT.enabled_services.includes(name))
    .map(({ name, type }) => ({ name, type, ...databaseOf(name, settings, places) }))
    .filter(({ url }) => {
      const file = /^sqlite:\/\/\/(\/[^?]+)/.exec(url)?.[1]
      return file === undefined || host.exists(file)
    })

/** Opening a database brings its tables up to date, as starting the cloud would. */
export const openKept = <Tables>(
  { type, url, option }: KeptService,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<Database<Tables>> => openDatabase<Tables>({ url, option, service: type, migrations, clock, log: silentLog })

/** The tables of a database that a service asks for. */
export type TablesOf<D> = D extends Pick<Database<infer Tables>, 'read'> ? Tables : never
