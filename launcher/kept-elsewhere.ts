import type { Globals } from './globals.ts'
import { namesOf, ofHome } from './of-home.ts'
import { readSettings } from './settings.ts'

/** What is said where tables are asked for, and this home has only daemons that keep none. */
export function keptElsewhere(globals: Globals): string | undefined {
  const { places, flags, environment } = globals
  const home = ofHome(globals, readSettings(places, flags, environment).settings)
  return home.isApart
    ? `From here run ${namesOf(home)}, which keep no tables: ask where nova-conductor runs, or name the databases with --set database.connection=URL.`
    : undefined
}
