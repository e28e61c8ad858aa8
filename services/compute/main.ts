import type { RequestListener } from 'node:http'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import type { ImageBrowser } from '@kilonova/image/contract/browse.ts'
import type { ImageFinder } from '@kilonova/image/contract/find.ts'
import type { NetworkDoor } from '@kilonova/network/contract/ports.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { patient } from '@kilonova/platform/bus/patient.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { upgradeToChanges } from '@kilonova/platform/http/change-socket.ts'
import { openDoor, type Service } from '@kilonova/platform/http/service.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { complaintsOf } from '@kilonova/platform/sql/complaints.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { openTasks, type Tasks } from '@kilonova/platform/tasks/tasks.ts'
import { hypervisorClient } from './clients/hypervisor.ts'
import { imageDoor, type ImageDoorWish } from './clients/image-door.ts'
import { remoteScheduling } from './clients/scheduler.ts'
import { schedulerAddress } from './contract/scheduling.ts'
import { schedulerInbox } from './scheduler/inbox.ts'
import { imageClient, type ImageKeeper, type Images } from './clients/images.ts'
import { noPlacement } from './clients/placement.ts'
import { imageFiles } from './drivers/image-files.ts'
import { sealedInput, sealer } from './drivers/sealer.ts'
import { spell } from './faults.ts'
import { conductor } from './main/conductor.ts'
import { type Databases, openDatabases } from './main/databases.ts'
import { keepSeen, toldScheduling } from './main/hosts.ts'
import { openGuestDoor } from './main/guest-door.ts'
import { settleAddress } from './main/old-addresses.ts'
import { buildLogics, type MetadataWish } from './main/logics.ts'
import { type ComputeRules, ruleOptions } from './options.ts'
import { admitPlugins, type PluginOutcome } from './main/plugins.ts'
import { schedulerPlugins } from './main/scheduler-plugins.ts'
import { changeRules, changesPath, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export { apiMigrations, besides, type Databases, migrations, openDatabases } from './main/databases.ts'
export { remotePlacement } from './clients/remote-placement.ts'
export { buildScheduling } from './main/scheduling.ts'
export { computeChecks, livingServers, serversOn } from './main/findings.ts'
export { ruleOptions } from './options.ts'
export type { ComputeWords } from './main/plugin-words.ts'
export type { SchedulerExtension, SchedulerWords } from './main/scheduler-plugins.ts'
export { metadataOptions } from './metadata-service/options.ts'

export type ComputeDaemon = 'nova-api' | 'nova-metadata' | 'nova-conductor' | 'nova-scheduler'
const allDaemons: readonly ComputeDaemon[] = ['nova-api', 'nova-metadata', 'nova-conductor', 'nova-scheduler']

/** What compute is built from behind its door. */
export interface InsideWish {
  /** Which daemons this process is; all unless told. */
  readonly daemons?: readonly ComputeDaemon[] | undefined
  /** The image service's API, for hosts that may not see its files; without it all hosts do. */
  readonly imageDoor?: ImageDoorWish | undefined
  readonly databaseUrl: string
  readonly apiDatabaseUrl?: string | undefined
  readonly bus: Bus
  /** Where images lie as files named by their ids. */
  readonly imageDir: string
  /** The hosts of the cell that this process speaks for, by name; others are known when they report. */
  readonly hosts: readonly string[]
  /** Whether hosts of other processes are asked to report when the conductor begins. */
  readonly callsRoll?: boolean | undefined
  /** This process's host, for the journal. */
  readonly host: string
  readonly clock: Clock
  readonly chance: Chance
  /** The log of a daemon: `nova-api`, `nova-conductor`. */
  logOf(daemon: string): Log
  /** Opened by somebody else: the simulation's faulty ones. They are closed with the service. */
  readonly databases?: Databases | undefined
  readonly images?: Images | undefined
  /** What guests are told besides what is known of them. */
  readonly metadata?: MetadataWish | undefined
  /** The image service, when it is in this process: otherwise images are looked up as files. */
  readonly finder?: ImageFinder | undefined
  /** Where snapshots of servers go; without it none are made. */
  readonly keeper?: ImageKeeper | undefined
  /** Where hosts put copies of disks on their way there. */
  readonly snapshotDir?: string | undefined
  /** The image service again, for what callers ask of it through compute. */
  readonly browser?: ImageBrowser | undefined
  /** Where its own API is, for what callers ask of it through compute. */
  readonly networkUrl?: string | undefined
  /** Where identity's own API is, for whether there is a project that callers name. */
  readonly identityUrl?: string | undefined
  /** The network service, when there is one: without it servers have no cables. */
  readonly network?: (Pick<NetworkDoor, 'ports'> & Partial<Pick<NetworkDoor, 'changes'>>) | undefined
  /** Where hosts' resources are held. Without it no server finds a host. */
  readonly placement?: PlacementRoom | undefined
  /** By which hosts are chosen and projects are bound, as the operator says it now; OpenStack's defaults unless told. */
  readonly rules?: (() => ComputeRules) | undefined
  /** How often what placement holds and what servers need are compared; ten minutes unless told. */
  readonly healEveryMs?: number | undefined
  /** What others add: endpoints to the API, rules to the scheduler. */
  readonly plugins?: readonly Plugin[] | undefined
}

export interface ComputeWish extends InsideWish {
  readonly tokens: TokenValidator
  readonly metrics?: DoorMetrics | undefined
  /** What the operator says of every door. */
  readonly door?: DoorWish | undefined
}

export interface Compute {
  readonly answer: RequestListener
  /** The change log over a WebSocket. */
  readonly upgrade: ReturnType<typeof upgradeToChanges>
  readonly door: Awaited<ReturnType<typeof openDoor>>
  /** What guests ask, through the proxies of their networks. */
  readonly guestAnswer: RequestListener
  /** cell1's. */
  readonly database: Database<Tables>
  readonly databases: Databases
  readonly plugins: readonly PluginOutcome[]
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Read once: what is the same is known to be the same. */
const defaults = readConfig(ruleOptions, readSources({})).values
const usualRules = () => defaults

export type ComputeInside = Awaited<ReturnType<typeof openInside>>

/** Compute without a door: what it means, and the conductor that does the work. */
export async function openInside(wish: InsideWish) {
  const { bus, clock, chance, host, logOf, daemons = allDaemons } = wish
  const [first = 'nova-api'] = daemons
  const databases = wish.databases ?? (await openDatabases(wish, logOf(first)))
  const { api, cell1: db, cell0 } = databases
  const log = logOf(daemons.includes('nova-conductor') ? 'nova-conductor' : first)
  const tasks = await openTasks({ service: 'compute', database: db, clock, chance, log, host, bus })
  const passwords = sealer(wish.metadata?.secret, chance)
  const hypervisors = hypervisorClient({ bus, imageDoor: wish.imageDoor && imageDoor(wish.imageDoor) })
  const images = wish.images ?? (wish.finder ? imageClient(wish.finder) : imageFiles(wish.imageDir))
  const causeOf = (why: string) => ({ requestId: `req-${chance.uuid()}`, why })
  const added = await schedulerPlugins(of('scheduler', wish.plugins), { clock, log: logOf(first) })
  const logics = await buildLogics(
    {
      databases,
      added,
      images,
      hypervisors,
      metadata: wish.metadata,
      network: wish.network,
      browser: wish.browser,
      networkUrl: wish.networkUrl,
      identityUrl: wish.identityUrl,
      log: logOf('nova-api'),
      placement: wish.placement ?? noPlacement,
      rules: wish.rules ?? usualRules,
      clock,
      chance,
      keeper: wish.keeper,
      snapshotDir: wish.snapshotDir,
      outcomeOf: id => endOf(tasks, clock, id),
      record: (tx, task, asked) => tasks.record(tx, task, { ...asked, input: sealedInput(asked.input, passwords) }),
    },
    causeOf('a new cloud gets the usual flavors'),
  )

  const isScheduler = daemons.includes('nova-scheduler')
  const told = isScheduler ? toldScheduling(logics.scheduling, logOf('nova-scheduler'), clock) : remoteScheduling(patient(bus, clock))
  const serving = isScheduler ? await bus.serve(schedulerAddress, schedulerInbox(told)) : undefined

  const conduct = () => conductor({ wish, databases, logics, tasks, hypervisors, images, passwords, told, log, causeOf })
  /** A scheduler without a conductor beside it. */
  const schedule = () => keepSeen({ logics, host, daemons: ['nova-scheduler'], clock, log, causeOf })
  return {
    databases,
    logics,
    added,
    conduct,
    schedule,
    close: async () => {
      await serving?.stop()
      await tasks.close()
      await Promise.all([db.close(), cell0.close(), api.close()])
    },
  }
}

const of = (room: string, plugins: readonly Plugin[] = []) => plugins.filter(plugin => plugin.extends === room)

/** Longer than any labour lasts whose end callers wait for; whoever waits in vain is told that it is under way. */
const patienceMs = 240_000

async function endOf(tasks: Pick<Tasks<Tables>, 'ended'>, clock: Clock, id: string) {
  const waiting = new AbortController()
  const timer = clock.after(patienceMs, () => waiting.abort(new Refusal('unavailable', 'It is still being done.')))
  try {
    return await tasks.ended(id, waiting.signal)
  } finally {
    timer.stop()
  }
}

/** The compute service: all of its daemons in one process, or some of them. */
export async function openCompute(wish: ComputeWish): Promise<Compute> {
  const { clock, chance, logOf, metrics, daemons = allDaemons } = wish
  const inside = await openInside(wish)
  const { databases, logics } = inside
  const database = databases.cell1
  const conducting = daemons.includes('nova-conductor') ? inside.conduct() : undefined
  const scheduler = !conducting && daemons.includes('nova-scheduler') ? inside.schedule() : undefined
  const log = logOf(daemons.includes('nova-api') ? 'nova-api' : (daemons[0] ?? 'nova-api'))
  const added = await admitPlugins({
    ...logics,
    plugins: of('compute', wish.plugins),
    endpoints: routes(logics),
    database,
    clock,
    chance,
    log,
  })
  const service: Service = {
    name: 'nova-api',
    versions,
    microversions: { service: 'compute', legacyHeader: 'X-OpenStack-Nova-API-Version' },
    endpoints: daemons.includes('nova-api') ? [...routes(logics, added.extensions), ...added.endpoints] : [],
    spell,
    policy: policy({ defaults: added.policies }) as Policy,
    authenticate: authenticator(wish.tokens, 'compute'),
    clock,
    chance,
    log,
    requestIdHeaders: ['x-compute-request-id'],
    trustProxy: false,
    bodyLimit: 114_688,
    ...wish.door,
    foreign: 'absent',
    onServed: served => {
      metrics?.count('nova-api', served)
      log.info(...accessLine(served))
    },
  }
  const door = await openDoor(service)
  const guestDoor = await openGuestDoor({ metadata: logics.metadata, clock, chance, log, metrics, door: wish.door })
  return {
    door,
    guestAnswer: (request, response) => guestDoor.routing(request, response),
    database,
    databases,
    plugins: [...added.outcomes, ...inside.added.outcomes],
    upgrade: upgradeToChanges({ ...service, path: changesPath, changes: database.changes, rules: changeRules }),
    answer(request, response) {
      settleAddress(request)
      return door.routing(request, response)
    },
    health: async () => {
      const { api, cell1, cell0 } = databases
      return [...new Set([await complaintsOf(cell1, clock), await complaintsOf(cell0, clock), await complaintsOf(api, clock)].flat())]
    },
    close: async () => {
      await door.close()
      await guestDoor.close()
      scheduler?.stop()
      await conducting?.stop()
      await inside.close()
    },
  }
}
