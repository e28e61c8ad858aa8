import type { RequestListener } from 'node:http'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { keepShort } from '@kilonova/platform/changes/keep-short.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { every } from '@kilonova/platform/every.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { complaintsOf } from '@kilonova/platform/sql/complaints.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { taskMigration } from '@kilonova/platform/tasks/migration.ts'
import { labour } from '@kilonova/platform/tasks/task.ts'
import { openTasks } from '@kilonova/platform/tasks/tasks.ts'
import { hypervisorClient } from './clients/hypervisor.ts'
import { imageFiles } from './drivers/image-files.ts'
import { spell } from './faults.ts'
import { flavorLogic } from './flavors/logic.ts'
import { flavorStore } from './flavors/store.ts'
import { servers as serverTables } from './migrations/0001-servers.ts'
import { instanceCounter } from './migrations/0002-instance-counter.ts'
import { extensionRecords as extensionRecordTable } from './migrations/0003-extension-records.ts'
import { admitPlugins, type PluginOutcome } from './main/plugins.ts'
import { routes } from './routes.ts'
import { serverLogic } from './servers/logic.ts'
import { destroyOrphans } from './servers/reconcilers/orphans.ts'
import { serverStore } from './servers/store.ts'
import { bootServer } from './servers/tasks/boot.ts'
import { deleteServer } from './servers/tasks/delete.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export const migrations = [serverTables, taskMigration, instanceCounter, extensionRecordTable]

/** What compute is built from behind its door. */
export interface InsideWish {
  readonly databaseUrl: string
  readonly bus: Bus
  /** Where images lie as files named by their ids. */
  readonly imageDir: string
  /** The hosts of the cell, by name. */
  readonly hosts: readonly string[]
  /** This process's host, for the journal. */
  readonly host: string
  readonly clock: Clock
  readonly chance: Chance
  /** The log of a daemon: `nova-api`, `nova-conductor`. */
  logOf(daemon: string): Log
  /** Opened by somebody else: the simulation's faulty one. It is closed with the service. */
  readonly database?: Database<Tables> | undefined
  readonly images?: { find(id: string): Promise<GuestImage | undefined> } | undefined
}

export interface ComputeWish extends InsideWish {
  readonly tokens: TokenValidator
  readonly metrics?: DoorMetrics | undefined
  /** What the operator says of every door. */
  readonly door?: DoorWish | undefined
  readonly plugins?: readonly Plugin[] | undefined
  /** Which daemons this process is; both unless told. */
  readonly daemons?: readonly ('nova-api' | 'nova-conductor')[] | undefined
}

export interface Compute {
  readonly answer: RequestListener
  readonly door: Awaited<ReturnType<typeof openDoor>>
  readonly database: Database<Tables>
  readonly plugins: readonly PluginOutcome[]
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Half an hour: a first boot on a slow host copies and converts an image of many gigabytes. */
const labourDeadlineMs = 1_800_000
/** How often guests without servers are looked for. */
const lookMs = 60_000

export type ComputeInside = Awaited<ReturnType<typeof openInside>>

/** Compute without a door: what it means, and the conductor that does the work. */
export async function openInside(wish: InsideWish) {
  const { bus, clock, chance, hosts, host, logOf } = wish
  const db =
    wish.database ??
    (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'compute', migrations, clock, chance, log: logOf('nova-api') }))
  const log = logOf('nova-conductor')
  const tasks = await openTasks({ service: 'compute', database: db, clock, chance, log, host, bus })
  const write = db.transaction
  const hypervisors = hypervisorClient({ bus })
  const images = wish.images ?? imageFiles(wish.imageDir)
  const store = serverStore(db)
  const causeOf = (why: string) => ({ requestId: `req-${chance.uuid()}`, why })
  const flavors = flavorLogic({ store: flavorStore(db), write })
  await flavors.ensureFirst(causeOf('a new cloud gets the usual flavors')).catch(error => {
    // Another process of a new cloud did it at the same moment.
    if (!isUniqueViolation(error)) throw error
  })
  const servers = serverLogic({
    store,
    write,
    flavors,
    images,
    hypervisors,
    clock,
    chance,
    labours: {
      boot: async (tx, serverId, cause) => {
        await tasks.record(tx, bootServer, { key: serverId, input: { serverId }, deadlineMs: labourDeadlineMs, cause })
      },
      delete: async (tx, serverId, cause) => {
        await tasks.record(tx, deleteServer, { key: serverId, input: { serverId }, deadlineMs: labourDeadlineMs, cause })
      },
    },
  })

  /** Takes up what was recorded, by this process or another, and keeps house. */
  const conduct = () => {
    const rooms = { store, write, hypervisors, images, hosts, clock }
    const worker = tasks.work([labour(bootServer, rooms), labour(deleteServer, rooms)])
    const timers = [
      every(clock, lookMs, () => destroyOrphans({ store, hypervisors, hosts, log }, causeOf('look for guests without servers')), failed),
      keepShort({ clock, log }, db.changes, tasks),
    ]
    return {
      stop: async () => {
        for (const timer of timers) timer.stop()
        await worker.stop()
      },
    }
  }
  const failed = (error: unknown) => log.warn('guests without servers could not be looked for', { error })
  return {
    database: db,
    flavors,
    servers,
    conduct,
    close: async () => {
      await tasks.close()
      await db.close()
    },
  }
}

/** The compute service: nova-api and nova-conductor in one process, or one of them. */
export async function openCompute(wish: ComputeWish): Promise<Compute> {
  const { clock, chance, logOf, metrics, daemons = ['nova-api', 'nova-conductor'] } = wish
  const inside = await openInside(wish)
  const { database, flavors, servers } = inside
  const conductor = daemons.includes('nova-conductor') ? inside.conduct() : undefined
  const log = logOf('nova-api')
  const logics = { flavors, servers, changes: database.changes }
  const added = await admitPlugins({ plugins: wish.plugins ?? [], endpoints: routes(logics), database, clock, chance, log })
  const door = await openDoor({
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
  })
  return {
    door,
    database,
    plugins: added.outcomes,
    answer: (request, response) => door.routing(request, response),
    health: () => complaintsOf(database, clock),
    close: async () => {
      await door.close()
      await conductor?.stop()
      await inside.close()
    },
  }
}
