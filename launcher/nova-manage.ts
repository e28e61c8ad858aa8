import { parseArgs } from 'node:util'
import { ruleOptions } from '@kilonova/compute/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Globals } from './globals.ts'
import { keptServices, openKept } from './kept.ts'
import { readSettings, sourcesOf } from './settings.ts'

type Deed = (globals: Globals, words: readonly string[]) => Promise<number>

/** What `nova-manage` does that is more than bringing tables up to date. All of it may be done while the cloud runs. */
export const novaDeeds = {
  /** What servers need and do not hold is held, what nobody needs any more is given back. `--dry-run` only says so. */
  healAllocations: async (globals, words) => {
    const { print } = globals
    const { values } = parseArgs({ args: [...words], options: { 'dry-run': { type: 'boolean' } }, strict: false, allowPositionals: true })
    const rehearse = values['dry-run'] === true
    return withPlacement(globals, async ({ healing }, cause) => {
      const { removed, made, failed } = await healing.heal(cause, { rehearse })
      const [holds, gives] = rehearse ? ['would hold', 'would give back'] : ['holds', 'gives back']
      for (const { serverId, host } of made) print(`${serverId} ${holds} its resources on ${host}.`)
      for (const { consumerId, host } of removed) print(`${consumerId} ${gives} what it held on ${host}: nobody needs it any more.`)
      for (const { serverId, host, error } of failed) print(`${serverId} holds nothing on ${host}: ${wordsOf(error)}`)
      const healed = `${made.length + removed.length} allocation${made.length + removed.length === 1 ? '' : 's'}`
      const all = rehearse || made.length + removed.length === 0 ? `${healed} to heal` : `${healed} healed`
      print(failed.length === 0 ? `${all}.` : `${all}, ${failed.length} that cannot be.`)
      return failed.length > 0 ? 1 : 0
    })
  },

  /** Placement hears again which hosts are in which aggregates, and what they have. */
  syncAggregates: async globals =>
    withPlacement(globals, async ({ providers }, cause) => {
      const failed = await providers.mirror(undefined, cause)
      for (const { host, error } of failed) globals.print(`${host}: ${wordsOf(error)}`)
      globals.print(failed.length === 0 ? 'Placement knows the aggregates of every host.' : `${failed.length} hosts could not be told.`)
      return failed.length > 0 ? 1 : 0
    }),
} satisfies Readonly<Record<string, Deed>>

type Work = ReturnType<typeof import('@kilonova/compute/main.ts')['buildScheduling']>

async function withPlacement(
  globals: Globals,
  work: (work: Work, cause: { readonly requestId: string; readonly why: string }) => Promise<number>,
): Promise<number> {
  const { places, flags, environment, clock, chance, say } = globals
  const { settings } = readSettings(places, flags, environment)
  const kept = keptServices(globals, settings)
  const [nova, placement] = ['nova', 'placement'].map(name => kept.find(one => one.name === name))
  if (!nova || !placement) {
    say(
      `Nothing is kept here of ${nova ? 'placement' : 'nova'}; a cloud that never started has nothing to heal (kilonova up${places.hint}).`,
    )
    return 1
  }
  const { buildScheduling, openDatabases } = await import('@kilonova/compute/main.ts')
  const { migrations, openPlacementRoom } = await import('@kilonova/placement/main.ts')
  const apiDatabaseUrl = settings.api_database.connection
  const databases = await openDatabases({ databaseUrl: nova.url, apiDatabaseUrl, clock, chance }, silentLog)
  try {
    const database = await openKept<TablesOf<Parameters<typeof openPlacementRoom>[1]>>(placement, migrations, clock)
    try {
      const rules = readConfig(ruleOptions, sourcesOf(places, flags, environment)).values
      const room = openPlacementRoom({ clock, chance }, database)
      const built = buildScheduling({ databases, placement: room, rules: () => rules, clock, chance })
      return await work(built, { requestId: `req-${chance.uuid()}`, why: 'nova-manage' })
    } finally {
      await database.close()
    }
  } finally {
    await Promise.all(Object.values(databases).map(one => one.close()))
  }
}

type TablesOf<D> = D extends Database<infer Tables> ? Tables : never

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
