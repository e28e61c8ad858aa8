import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Migration, openDatabase } from '@kilonova/platform/sql/database.ts'
import { databaseOf } from './databases.ts'
import type { Globals } from './globals.ts'
import { claimPlaces } from './home.ts'
import { readSettings } from './settings.ts'

/** How each service's tables are brought up to date; a service that has none here is not in this version. */
export const syncers: Readonly<Record<string, (globals: Globals) => Promise<void>>> = {
  keystone: globals => migrate('keystone', 'identity', globals, async () => (await import('@kilonova/identity/main.ts')).migrations),
  glance: globals => migrate('glance', 'image', globals, async () => (await import('@kilonova/image/main.ts')).migrations),
  nova: globals => migrate('nova', 'compute', globals, async () => (await import('@kilonova/compute/main.ts')).migrations),
}

/** Opening a database is what migrates it. */
async function migrate(
  name: string,
  service: string,
  { places, flags, environment, clock }: Globals,
  load: () => Promise<readonly Migration[]>,
) {
  const { settings } = readSettings(places, flags, environment)
  claimPlaces(places)
  const { url, option } = databaseOf(name, settings, places)
  const database = await openDatabase({ url, option, service, migrations: await load(), clock, log: silentLog })
  await database.close()
}
