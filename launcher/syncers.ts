import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Migration, openDatabase } from '@kilonova/platform/sql/database.ts'
import { type DatabasePlace, databaseOf } from './databases.ts'
import type { Globals } from './globals.ts'
import { claimPlaces } from './home.ts'
import { readSettings, type Settings } from './settings.ts'

/** How each service's tables are brought up to date; a service that has none here is not in this version. */
export const syncers: Readonly<Record<string, (globals: Globals) => Promise<void>>> = {
  keystone: globals => migrate('keystone', 'identity', globals, async () => (await import('@kilonova/identity/main.ts')).migrations),
  placement: globals => migrate('placement', 'placement', globals, async () => (await import('@kilonova/placement/main.ts')).migrations),
  glance: globals => migrate('glance', 'image', globals, async () => (await import('@kilonova/image/main.ts')).migrations),
  neutron: globals => migrate('neutron', 'network', globals, async () => (await import('@kilonova/network/main.ts')).migrations),
  nova: async globals => {
    const { apiMigrations, besides, migrations } = await import('@kilonova/compute/main.ts')
    await migrate('nova', 'compute', globals, async () => migrations)
    await migrate(
      'nova',
      'compute',
      globals,
      async () => migrations,
      ({ url }) => besides(url, '_cell0'),
    )
    const apiPlace = ({ url }: DatabasePlace, { api_database }: Settings) => api_database.connection ?? besides(url, '_api')
    await migrate('nova', 'compute', globals, async () => apiMigrations, apiPlace)
  },
}

/** Opening a database is what migrates it. */
async function migrate(
  name: string,
  service: string,
  { places, flags, environment, clock }: Globals,
  load: () => Promise<readonly Migration[]>,
  urlOf: (place: DatabasePlace, settings: Settings) => string = ({ url }) => url,
) {
  const { settings } = readSettings(places, flags, environment)
  claimPlaces(places)
  const found = databaseOf(name, settings, places)
  const [url, option] = [urlOf(found, settings), found.option]
  const database = await openDatabase({ url, option, service, migrations: await load(), clock, log: silentLog })
  await database.close()
}
