import { databaseOf } from './databases.ts'
import type { Globals } from './globals.ts'
import { claimPlaces } from './home.ts'
import { readSettings } from './settings.ts'

type Deed = (globals: Globals, words: readonly string[]) => Promise<number>

/** What `glance-manage` does that is more than bringing tables up to date. */
export const glanceDeeds = {
  loadDefinitions: async ({ places, flags, environment, clock, chance, print }, words) => {
    const { loadDefinitions } = await import('@kilonova/image/main.ts')
    const { settings } = readSettings(places, flags, environment)
    claimPlaces(places)
    const made = await loadDefinitions({
      databaseUrl: databaseOf('glance', settings, places).url,
      dir: words.find(word => word.startsWith('/')),
      clock,
      cause: { requestId: `req-${chance.uuid()}`, why: 'glance-manage' },
    })
    for (const name of made) print(name)
    print(made.length === 0 ? 'Nothing to load: all of them are there.' : `${made.length} catalogs of metadata are loaded.`)
    return 0
  },
} satisfies Readonly<Record<string, Deed>>
