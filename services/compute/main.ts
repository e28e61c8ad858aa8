import type { RequestListener } from 'node:http'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { taskMigration } from '@kilonova/platform/tasks/migration.ts'
import { labour } from '@kilonova/platform/tasks/task.ts'
import { openTasks } from '@kilonova/platform/tasks/tasks.ts'
import { hypervisorClient } from './clients/hypervisor.ts'
import { imageFiles } from './drivers/image-files.ts'
import { spell } from './faults.ts'
import { flavorLogic } from './flavors/logic.ts'
import { flavorStore } from './flavors/store.ts'
import { servers as serverTables } from './migrations/0001-servers.ts'
import { policies } from './policies.ts'
import { routes } from './routes.ts'
import { serverLogic } from './servers/logic.ts'
import { serverStore } from './servers/store.ts'
import { bootServer } from './servers/tasks/boot.ts'
import { deleteServer } from './servers/tasks/delete.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export const migrations = [serverTables, taskMigration]

export interface ComputeWish {
  readonly databaseUrl: string
  readonly bus: Bus
  readonly tokens: TokenValidator
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
  readonly metrics?: DoorMetrics | undefined
  /** Opens the database otherwise than by its URL: the simulation's faulty one. */
  readonly database?: Database<Tables> | undefined
  readonly images?: { find(id: string): Promise<GuestImage | undefined> } | undefined
}

export interface Compute {
  readonly answer: RequestListener
  readonly door: Awaited<ReturnType<typeof openDoor>>
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Half an hour: a first boot on a slow host copies and converts an image of many gigabytes. */
const labourDeadlineMs = 1_800_000

/** The compute service: nova-api and nova-conductor in one process. */
export async function openCompute(wish: ComputeWish): Promise<Compute> {
  const { bus, clock, chance, hosts, host, logOf, metrics } = wish
  const db =
    wish.database ??
    (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'compute', migrations, clock, chance, log: logOf('nova-api') }))
  const tasks = await openTasks({ service: 'compute', database: db, clock, chance, log: logOf('nova-conductor'), host, bus })
  const write = db.transaction
  const hypervisors = hypervisorClient({ bus })
  const images = wish.images ?? imageFiles(wish.imageDir)
  const store = serverStore(db)
  const rooms = { store, write, hypervisors, images, hosts, clock }
  const worker = tasks.work([labour(bootServer, rooms), labour(deleteServer, rooms)])

  const flavors = flavorLogic({ store: flavorStore(db), write })
  await flavors.ensureFirst({ requestId: `req-${chance.uuid()}`, why: 'a new cloud gets the usual flavors' })
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
  const log = logOf('nova-api')
  const door = await openDoor({
    name: 'nova-api',
    versions,
    microversions: { service: 'compute', legacyHeader: 'X-OpenStack-Nova-API-Version' },
    endpoints: routes({ flavors, servers, changes: db.changes }),
    spell,
    policy: policy({ defaults: policies }) as Policy,
    authenticate: authenticator(wish.tokens, 'compute'),
    clock,
    chance,
    log,
    requestIdHeaders: ['x-compute-request-id'],
    trustProxy: false,
    bodyLimit: 114_688,
    onServed: served => {
      metrics?.count('nova-api', served)
      log.info(...accessLine(served))
    },
  })
  return {
    door,
    answer: (request, response) => door.routing(request, response),
    health: async () => [],
    close: async () => {
      await door.close()
      await worker.stop()
      await tasks.close()
      await db.close()
    },
  }
}
