import type { RequestListener } from 'node:http'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import { keepShort } from '@kilonova/platform/changes/keep-short.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Overrides } from '@kilonova/platform/policy/overrides.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { complaintsOf } from '@kilonova/platform/sql/complaints.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import type { NetworkDoor } from './contract/ports.ts'
import { portsAddress, waitsAddress } from './contract/remote-ports.ts'
import { spell } from './faults.ts'
import { firstNetworkLogic } from './first-networks/logic.ts'
import { type BuildWish, build } from './main/build.ts'
import { wireHosts } from './main/wire-hosts.ts'
import { beatOf } from './wiring/wiring/beats.ts'
import { migrations } from './migrations/all.ts'
import { policies } from './policies.ts'
import { portsInbox, waitsAtOnce, waitsInbox } from './server-ports/inbox.ts'
import { type Logics, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export { migrations } from './migrations/all.ts'
export { networkChecks, servedThings } from './main/findings.ts'
export { networkOptions } from './options.ts'

export interface NetworkWish extends BuildWish {
  readonly databaseUrl: string
  readonly overrides?: Overrides | undefined
  readonly tokens: TokenValidator
  readonly log: Log
  readonly metrics?: DoorMetrics | undefined
  /** What the operator says of every door. */
  readonly door?: DoorWish | undefined
  /** Opened by somebody else: the simulation's. It is closed with the service. */
  readonly database?: Database<Tables> | undefined
}

export interface NetworkService {
  readonly answer: RequestListener
  readonly door: Awaited<ReturnType<typeof openDoor>>
  readonly database: Database<Tables>
  /** For what runs in the same process: compute's ports. */
  readonly contract: NetworkDoor
  readonly logics: Logics
  /** What a new cloud begins with. */
  readonly firstNetworks: ReturnType<typeof firstNetworkLogic>
  /** Whether nobody ever made anything here. */
  isNew(): Promise<boolean>
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** The network service: Neutron's v2.0. */
export async function openNetwork(wish: NetworkWish): Promise<NetworkService> {
  const { clock, chance, log, metrics, settings } = wish
  const db = wish.database ?? (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'network', migrations, clock, chance, log }))
  const { enforce_scope: enforceScope, enforce_new_defaults: enforceNewDefaults } = settings.oslo_policy
  const rules = policy({ defaults: policies, overrides: wish.overrides, enforceScope, enforceNewDefaults })
  for (const warning of rules.warnings) log.warn(warning)
  const logics = build(wish, db)
  const door = await openDoor({
    name: 'neutron-server',
    versions,
    microversions: undefined,
    endpoints: routes(logics),
    spell,
    policy: rules as Policy,
    authenticate: authenticator(wish.tokens, 'network'),
    clock,
    chance,
    log,
    requestIdHeaders: [],
    trustProxy: false,
    bodyLimit: 4_194_304,
    ...wish.door,
    onServed: served => {
      metrics?.count('neutron-server', served)
      log.info(...accessLine(served))
    },
  })
  const forgetting = keepShort({ clock, log }, db.changes)
  const { dns_domain: domain, agent_down_time: silentMs } = settings.DEFAULT
  const wiring =
    wish.bus &&
    (await wireHosts({
      db,
      ports: logics.ports,
      floatingips: logics.floatingips,
      bus: wish.bus,
      clock,
      chance,
      log,
      domain,
      silentMs,
      heard: (beats, cause) => logics.agents.heardAll(beats.map(beatOf), cause),
    }))
  const serving = wish.bus && [
    await wish.bus.serve(portsAddress, portsInbox(logics.serverPorts)),
    await wish.bus.serve(waitsAddress, waitsInbox(logics.serverPorts), { concurrency: waitsAtOnce }),
  ]
  return {
    door,
    database: db,
    logics,
    firstNetworks: firstNetworkLogic(logics),
    isNew: async () => (await db.changes.head()) === 0,
    contract: { ports: logics.serverPorts, changes: db.changes },
    answer: (request, response) => door.routing(request, response),
    health: () => complaintsOf(db, clock),
    close: async () => {
      forgetting.stop()
      for (const one of serving ?? []) await one.stop()
      await wiring?.stop()
      await door.close()
      await db.close()
    },
  }
}
