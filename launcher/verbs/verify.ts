import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { ruleOptions } from '@kilonova/compute/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import type { Declaration } from '@kilonova/platform/config/options.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type KeptService, keptServices, openKept, type TablesOf } from '../kept.ts'
import type { Globals } from '../globals.ts'
import { openMachine } from '../machine.ts'
import { keptElsewhere } from '../kept-elsewhere.ts'
import { type OfHome, ofHome } from '../of-home.ts'
import { readSettings, type Settings, sourcesOf } from '../settings.ts'
import { type Check, verify } from '../verify.ts'
import { checksOfNetworks } from '../verify-networks.ts'

/**
 * Whether the databases, placement and this host's guests and files tell the same story. It reads them itself, whether a cloud runs or not: those who
 * would answer for them may be what is wrong, and one way to look is one to trust.
 */
export async function runVerify(globals: Globals, { repair = false }: { readonly repair?: boolean }): Promise<number> {
  const { places, flags, environment, clock, chance, print, say } = globals
  const { settings } = readSettings(places, flags, environment)
  const kept = keptServices(globals, settings)
  if (!kept.some(({ name }) => name === 'nova')) {
    say(
      keptElsewhere(globals) ??
        `Nothing is kept here of the compute service; a cloud that never started needs no verifying (kilonova up${places.hint}).`,
    )
    return 1
  }
  const cause = { requestId: `req-${chance.uuid()}`, why: 'kilonova verify' }
  const home = ofHome(globals, settings)
  const closers: (() => Promise<void>)[] = []
  try {
    const checks = await checksOf({ ...globals, daemons: home.daemons }, settings, kept, closers)
    return await verify({ checks, isRunning: home.isRunning, repairs: repair, clock, cause, print })
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

async function checksOf(
  globals: Globals & Pick<OfHome, 'daemons'>,
  settings: Settings,
  kept: readonly KeptService[],
  closers: (() => Promise<void>)[],
) {
  const { clock, chance } = globals
  const config = <const D extends Declaration>(declaration: D) =>
    readConfig(declaration, sourcesOf(globals.places, globals.flags, globals.environment)).values
  const { computeChecks, livingServers, openDatabases } = await import('@kilonova/compute/main.ts')
  const nova = placeOf(kept, 'nova')
  const databases = await openDatabases(
    { databaseUrl: nova.url, apiDatabaseUrl: settings.api_database.connection, clock, chance },
    silentLog,
  )
  closers.push(async () => void (await Promise.all(Object.values(databases).map(one => one.close()))))
  const placement = await placementOf(globals, kept, closers)
  const rules = config(ruleOptions)
  const machines = globals.daemons.has('nova-compute') ? [await openMachine(globals)] : []
  closers.push(...machines.map(({ close }) => close))
  const compute: readonly Check[] = computeChecks({ databases, placement, machines, rules: () => rules, clock, chance })
  const networks = await checksOfNetworks(
    { ...globals, isWired: globals.daemons.has('neutron-linuxbridge-agent') },
    kept,
    ids => livingServers(databases, ids),
    closers,
  )
  return [...compute, ...(await checksOfImages(globals, kept, closers)), ...networks]
}

async function checksOfImages(
  { clock }: Globals,
  kept: readonly KeptService[],
  closers: (() => Promise<void>)[],
): Promise<readonly Check[]> {
  const place = kept.find(({ name }) => name === 'glance')
  if (!place) return []
  const { imageChecks, migrations } = await import('@kilonova/image/main.ts')
  const database = await openKept<TablesOf<Parameters<typeof imageChecks>[0]['database']>>(place, migrations, clock)
  closers.push(() => database.close())
  const sizeOf = (url: string) =>
    stat(fileURLToPath(url)).then(
      ({ size }) => size,
      () => undefined,
    )
  return imageChecks({ database, sizeOf })
}

const placeOf = (kept: readonly KeptService[], name: string): KeptService => {
  const found = kept.find(one => one.name === name)
  if (!found) throw new Refusal('unavailable', `nothing is kept here of ${name}`)
  return found
}

async function placementOf({ clock, chance }: Globals, kept: readonly KeptService[], closers: (() => Promise<void>)[]) {
  const { migrations, openPlacementRoom } = await import('@kilonova/placement/main.ts')
  const place = placeOf(kept, 'placement')
  const database = await openKept<TablesOf<Parameters<typeof openPlacementRoom>[1]>>(place, migrations, clock)
  closers.push(() => database.close())
  return openPlacementRoom({ clock, chance }, database)
}
