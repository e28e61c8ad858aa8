import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { admit } from '@kilonova/platform/plugins/admit.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { extensionRecords } from '../extensions/store.ts'
import { policies } from '../policies.ts'
import type { Tables } from '../tables.ts'
import * as declaring from '../versions.ts'
import { aboutServers, type WordRooms } from './plugin-words.ts'

export interface PluginWish extends Pick<WordRooms, 'servers' | 'instanceActions'> {
  readonly plugins: readonly Plugin[]
  /** What is served without them. */
  readonly endpoints: readonly Endpoint[]
  readonly database: Database<Tables>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** What became of a plug-in: its alias, or why it is left out. */
export type PluginOutcome = { readonly name: string; readonly alias: string } | { readonly name: string; readonly why: string }

/** Lets plug-ins into the door. One that does not fit is logged and left out. */
export async function admitPlugins({ plugins, endpoints, database, clock, chance, log, ...rooms }: PluginWish) {
  const { body, plainBody, query, view, listView, endpoint, since, until, versions } = declaring
  const about = aboutServers({ ...rooms, write: database.transaction })
  const { admitted, refused } = await admit(plugins, {
    declaring: { body, plainBody, query, view, listView, endpoint, since, until } as Parameters<typeof admit>[1]['declaring'],
    versions,
    root: '/v2.1/',
    endpoints,
    policies,
    clock,
    roomsOf: ({ name }) => ({
      ...about,
      records: extensionRecords(database, name, clock),
      clock,
      chance,
      log: log.child({ plugin: name }),
    }),
  })
  for (const { name, why } of refused) log.error(`the plug-in ${name} is left out: ${why}`)
  for (const { name, extension } of admitted) log.info(`the plug-in ${name} adds ${extension.alias}`)
  return {
    extensions: admitted.map(({ extension }) => extension),
    endpoints: admitted.flatMap(({ extension }) => extension.endpoints),
    policies: Object.assign({}, policies, ...admitted.map(({ extension }) => extension.policies)) as typeof policies,
    outcomes: [...admitted.map(({ name, extension }) => ({ name, alias: extension.alias })), ...refused] as readonly PluginOutcome[],
  }
}
