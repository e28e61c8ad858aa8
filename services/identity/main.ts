import type { RequestListener } from 'node:http'
import { keepShort } from '@kilonova/platform/changes/keep-short.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { every } from '@kilonova/platform/every.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { upgradeToChanges } from '@kilonova/platform/http/change-socket.ts'
import { openDoor, type Service } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Overrides } from '@kilonova/platform/policy/overrides.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { complaintsOf } from '@kilonova/platform/sql/complaints.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import type { Beginning } from './bootstrap/logic.ts'
import { authenticator, type TokenValidator } from './contract/authenticate.ts'
import type { CloudFacts } from './contract/cloud-facts.ts'
import { spell } from './faults.ts'
import { migrations } from './migrations/all.ts'
import { policies } from './policies.ts'
import { changeRules, changesPath, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'
import { type BuildWish, build } from './main/build.ts'
import { cloudFacts } from './main/cloud-facts.ts'
import { limitLists } from './main/limit-lists.ts'

export * as administration from './main/administration.ts'
export { migrations } from './migrations/all.ts'
export { identityOptions } from './options.ts'

export interface IdentityWish extends BuildWish {
  readonly databaseUrl: string
  readonly overrides?: Overrides | undefined
  /** What the cloud begins with; left out where another process sees to it. */
  readonly beginning?: Beginning | undefined
  readonly log: Log
  readonly metrics?: DoorMetrics | undefined
  /** What the operator says of every door. */
  readonly door?: DoorWish | undefined
  /** Opened by somebody else: the simulation's. It is closed with the service. */
  readonly database?: Database<Tables> | undefined
}

export interface Identity {
  readonly answer: RequestListener
  /** The change log over a WebSocket. */
  readonly upgrade: ReturnType<typeof upgradeToChanges>
  readonly door: Awaited<ReturnType<typeof openDoor>>
  /** How the services of this process look through tokens: by a call. */
  readonly tokens: TokenValidator
  /** What they ask about the cloud itself. */
  readonly facts: CloudFacts
  readonly database: Database<Tables>
  /** The project of this name in the default domain. */
  projectNamed(name: string): Promise<string | undefined>
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** The identity service, Keystone v3. */
export async function openIdentity(wish: IdentityWish): Promise<Identity> {
  const { clock, chance, log, metrics, settings } = wish
  const db = wish.database ?? (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'identity', migrations, clock, chance, log }))
  const { logics, validator, bootstrap } = build(wish, db)
  if (wish.beginning) await bootstrap.ensure(wish.beginning, { requestId: `req-${chance.uuid()}`, why: 'bootstrap' })
  const { enforce_scope: enforceScope, enforce_new_defaults: enforceNewDefaults } = settings.oslo_policy
  const rules = policy({ defaults: policies, overrides: wish.overrides, enforceScope, enforceNewDefaults })
  for (const warning of rules.warnings) log.warn(warning)
  const service: Service = {
    name: 'keystone',
    versions,
    microversions: undefined,
    endpoints: limitLists(routes(logics), settings.DEFAULT.list_limit),
    spell,
    policy: rules as Policy,
    authenticate: authenticator(validator, 'identity'),
    clock,
    chance,
    log,
    requestIdHeaders: [],
    trustProxy: settings.oslo_middleware.enable_proxy_headers_parsing,
    bodyLimit: 114_688,
    ...wish.door,
    onServed: served => {
      metrics?.count('keystone', served)
      log.info(...accessLine(served))
    },
  }
  const door = await openDoor(service)
  const forgetting = keepShort({ clock, log }, db.changes)
  const pruning = every(
    clock,
    3_600_000,
    () => logics.revocations.prune({ requestId: `req-${chance.uuid()}`, why: 'forget revocations of tokens that have ended' }),
    error => log.warn('Old revocations could not be forgotten', { error }),
  )
  return {
    door,
    answer: (request, response) => door.routing(request, response),
    upgrade: upgradeToChanges({ ...service, path: changesPath, changes: db.changes, rules: changeRules }),
    tokens: validator,
    facts: cloudFacts(logics),
    database: db,
    projectNamed: async name => (await logics.projects.findByName(settings.identity.default_domain_id, name))?.id,
    health: () => complaintsOf(db, clock),
    close: async () => {
      forgetting.stop()
      pruning.stop()
      await door.close()
      await db.close()
    },
  }
}
