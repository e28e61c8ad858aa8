import type { Globals } from '../globals.ts'
import { services } from '../services.ts'
import { syncers } from '../syncers.ts'

/** Brings the tables of one service, or of all that this version has, up to date. A service that is not there fails; it is never passed over. */
export async function sync(globals: Globals, name: string | undefined): Promise<number> {
  const { print, say } = globals
  const wanted =
    name === undefined
      ? services.filter(one => syncers[one.name])
      : services.filter(one => one.name === name || one.type === name || one.folder === name)
  if (wanted.length === 0) {
    say(
      name === undefined
        ? 'No service of this version has a database yet.'
        : `There is no service called ${name}; there are ${services.map(one => one.name).join(', ')}.`,
    )
    return 1
  }
  for (const service of wanted) {
    const run = syncers[service.name]
    if (run === undefined) {
      say(`${service.name} is not in this version: it has no tables to bring up to date.`)
      return 1
    }
    await run(globals)
    print(`${service.name}: the tables are up to date.`)
  }
  return 0
}
