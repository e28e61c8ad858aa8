import type { RequestListener } from 'node:http'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Config } from '@kilonova/platform/config/config.ts'
import type { Declaration } from '@kilonova/platform/config/options.ts'
import type { Mount } from '@kilonova/platform/http/listener.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import type { Passwords } from './credentials.ts'
import type { DatabasePlace } from './databases.ts'
import { loadAhead, type Opener, openers, sharedBy } from './openers.ts'
import { askElsewhere } from './elsewhere.ts'
import { identityElsewhere } from './identity-elsewhere.ts'
import type { Places } from './places.ts'
import type { Service } from './services.ts'
import type { Opening, Settings } from './settings.ts'

/** What every service is built from. */
export interface Rooms {
  readonly places: Places
  readonly settings: Settings
  /** Reads a service's own options from the same sources; refuses what is wrong. */
  config<const D extends Declaration>(declaration: D): Config<D>['values']
  /** The same as the operator says them now, without a restart; the daemon's log tells of changes. */
  live<const D extends Declaration>(declaration: D, daemon: string): () => Config<D>['values']
  /** Where the service of this name keeps its tables. */
  databaseOf(name: string): DatabasePlace
  readonly passwords: Passwords
  /** The daemons that this process is, by name. */
  readonly here: ReadonlySet<string>
  /** What this host is called among the cloud's. */
  readonly hostName: string
  /** All doors of this cloud, here or elsewhere. */
  readonly openings: readonly Opening[]
  readonly clock: Clock
  readonly chance: Chance
  /** Opens the process's one connection to the bus. */
  bus(): Promise<Bus>
  /** The log of a daemon: `logOf('nova-api')`. */
  logOf(daemon: string): Log
  /** What lies in the directory of plug-ins and looks right. */
  readonly plugins: readonly Plugin[]
  /** Says of something that is amiss while the cloud serves, for `up`, `status` and `doctor`; nothing takes it back. */
  remark(about: string, says: string | undefined): void
  /** Says what is to be known besides, as `up` and `status` show it. */
  note(about: string, says: string | undefined): void
}

/** A service that runs: its doors by the names in services.ts. */
export interface OpenService {
  readonly doors: Readonly<Record<string, { readonly answer: RequestListener; readonly upgrade?: NonNullable<Mount['upgrade']> }>>
  /** What it does beside serving, once all doors are open; resolves when it can say what that is. */
  begin?(): Promise<void>
  /** What is wrong with it, in sentences; empty when it is well. */
  health(): Promise<readonly string[]>
  metrics?(): Promise<string>
  /** The plug-ins that extend it, let in or left out. A service that knows none says nothing. */
  readonly plugins?: readonly PluginOutcome[]
  close(): Promise<void>
}

/** The alias a plug-in is listed under, or why it is left out. */
export type PluginOutcome = { readonly name: string; readonly alias: string } | { readonly name: string; readonly why: string }

export interface Cloud {
  readonly open: readonly { readonly service: Service; readonly running: OpenService }[]
  close(): Promise<void>
}

/** Opens the services one after the other, identity first; when one cannot be opened, those before it are closed again. */
export async function openCloud(
  rooms: Rooms,
  wanted: readonly Service[],
  ways: Readonly<Record<string, Opener>> = openers,
): Promise<Cloud> {
  const shared = sharedBy(await rooms.bus())
  const elsewhere = rooms.here.has('keystone') ? undefined : identityElsewhere(rooms, wanted.at(-1)?.name ?? '')
  shared.tokens = elsewhere?.tokens
  shared.facts = elsewhere?.facts
  shared.meanwhile = () =>
    loadAhead(
      wanted.map(({ name }) => name),
      rooms.clock,
    )
  askElsewhere(rooms, shared)
  const open: { service: Service; running: OpenService }[] = []
  const close = async () => {
    for (const { running } of open.toReversed()) await running.close()
    elsewhere?.tokens.close()
    await shared.bus.close()
  }
  try {
    for (const service of wanted) {
      const way = ways[service.name]
      if (way) open.push({ service, running: await way(rooms, shared) })
    }
  } catch (error) {
    await close()
    throw error
  }
  return { open, close }
}
