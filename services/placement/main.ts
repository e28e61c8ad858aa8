import type { RequestListener } from 'node:http'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import { keepShort } from '@kilonova/platform/changes/keep-short.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { upgradeToChanges } from '@kilonova/platform/http/change-socket.ts'
import { openDoor, type Service } from '@kilonova/platform/http/service.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Overrides } from '@kilonova/platform/policy/overrides.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { complaintsOf } from '@kilonova/platform/sql/complaints.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { spell } from './faults.ts'
import type { PlacementRoom } from './contract/placement.ts'
import { type BuildWish, build } from './main/build.ts'
import { placementRoom } from './main/room.ts'
import { migrations } from './migrations/all.ts'
import { placementOptions } from './options.ts'
import { policies } from './policies.ts'
import { changeRules, changesPath, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export { migrations } from './migrations/all.ts'
export { placementOptions } from './options.ts'

export interface PlacementWish extends BuildWish {
  readonly databaseUrl: string
  readonly settings: Values<typeof placementOptions>
  readonly overrides?: Overrides | undefined
  readonly tokens: TokenValidator
  readonly log: Log
  readonly metrics?: DoorMetrics | undefined
  /** What the operator says of every door. */
  readonly door?: DoorWish | undefined
  /** Opened by somebody else: the simulation's. It is closed with the service. */
  readonly database?: Database<Tables> | undefined
}

export interface Placement {
  readonly answer: RequestListener
  /** The change log over a WebSocket. */
  readonly upgrade: ReturnType<typeof upgradeToChanges>
  readonly door: Awaited<ReturnType<typeof openDoor>>
  readonly database: Database<Tables>
  /** For neighbours in this process. */
  readonly room: PlacementRoom
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

export type PlacementDatabase = Database<Tables>

/** Placement without a door, over a database that somebody else opened and closes: the simulation's, or a test's. */
export const openPlacementRoom = (wish: Omit<BuildWish, 'settings'>, database: PlacementDatabase): PlacementRoom =>
  placementRoom(build({ ...wish, settings: readConfig(placementOptions, readSources({})).values }, database))

/** The placement service, 1.0 to 1.39. */
export async function openPlacement(wish: PlacementWish): Promise<Placement> {
  const { clock, chance, log, metrics, settings } = wish
  const db = wish.database ?? (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'placement', migrations, clock, chance, log }))
  const logics = build(wish, db)
  const { enforce_scope: enforceScope, enforce_new_defaults: enforceNewDefaults } = settings.oslo_policy
  const rules = policy({ defaults: policies, overrides: wish.overrides, enforceScope, enforceNewDefaults })
  for (const warning of rules.warnings) log.warn(warning)
  const service: Service = {
    name: 'placement-api',
    versions,
    microversions: { service: 'placement' },
    endpoints: routes(logics),
    spell,
    policy: rules as Policy,
    authenticate: authenticator(wish.tokens, 'placement'),
    clock,
    chance,
    log,
    requestIdHeaders: [],
    trustProxy: false,
    bodyLimit: 4_194_304,
    ...wish.door,
    onServed: served => {
      metrics?.count('placement-api', served)
      log.info(...accessLine(served))
    },
  }
  const door = await openDoor(service)
  const forgetting = keepShort({ clock, log }, db.changes)
  return {
    door,
    database: db,
    room: placementRoom(logics),
    upgrade: upgradeToChanges({ ...service, path: changesPath, changes: db.changes, rules: changeRules }),
    answer: (request, response) => door.routing(request, response),
    health: () => complaintsOf(db, clock),
    close: async () => {
      forgetting.stop()
      await door.close()
      await db.close()
    },
  }
}
