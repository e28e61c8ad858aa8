import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { CellLogic } from '../cells/logic.ts'
import type { HypervisorClient } from '../clients/hypervisor.ts'
import type { BootImage, Images } from '../clients/images.ts'
import type { FlavorLogic } from '../flavors/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import { hostnameOf, type Server } from './server.ts'
import type { ServerStore } from './store.ts'

export interface Rooms {
  readonly cells: CellLogic<ServerCell>
  readonly flavors: FlavorLogic
  readonly images: Images
  readonly hypervisors: HypervisorClient
  readonly labours: {
    boot(tx: Transaction, serverId: string, cause: Cause): Promise<void>
    delete(tx: Transaction, serverId: string, cause: Cause): Promise<void>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
}

/** Where the servers of one cell are kept. */
export interface ServerCell {
  readonly store: ServerStore
  readonly write: Write
}

export interface ListWish {
  /** Absent: of every project. */
  readonly projectId?: string | undefined
  readonly limit: number
  readonly marker?: string | undefined
}

export interface Wish {
  readonly name: string
  readonly description: string | null
  readonly imageId: string
  readonly flavorId: string
  readonly metadata: Readonly<Record<string, string>>
  readonly projectId: string
  readonly userId: string
  /** Who must be able to see the image. */
  readonly caller?: Caller | undefined
}

/** Servers: checked and written down at once, booted and taken down by labours that survive a crash. */
export const serverLogic = ({ cells, flavors, images, hypervisors, labours, clock, chance }: Rooms) => ({
  async create({ flavorId, imageId, caller, ...wish }: Wish, cause: Cause): Promise<Server> {
    const flavor = await flavors.get(flavorId).catch(() => {
      throw new Refusal('invalid', `Flavor ${flavorId} could not be found.`)
    })
    const image = await images.find(imageId, caller)
    if (!image) throw new Refusal('invalid', `Can not find requested image`)
    mustSuit(flavor, image)
    const id = chance.uuid()
    const { store, write } = cells.first
    await cells.place(id, wish.projectId, cause)
    return write(cause, async tx => {
      const now = new Date(clock.now()).toISOString()
      const server: Server = {
        ...wish,
        id,
        imageId,
        ...{ flavor, oldFlavor: null, newFlavor: null, systemMetadata: {}, tags: [], hostname: hostnameOf(wish.name) || `server-${id}` },
        number: await store.takeNumber(tx),
        ...{ vmState: 'building', taskState: 'scheduling', powerState: 'nostate', progress: 0, fault: null },
        ...{ lockedBy: null, lockedReason: null, host: null, node: null, availabilityZone: null },
        request: { hints: {}, count: 1, networks: 'none', securityGroups: [] },
        ...{ reservationId: `r-${id.slice(0, 8)}`, launchIndex: 0, keyName: null, publicKey: null, userData: null },
        ...{ hasConfigDrive: false, rootDevice: '/dev/vda', diskConfig: 'MANUAL', accessIpV4: null, accessIpV6: null },
        ...{ trustedCertificates: null, dropsAtShutdown: false, nics: [] },
        ...{ createdAt: now, updatedAt: now, launchedAt: null, terminatedAt: null, deletedAt: null, isDeleted: false },
      }
      await store.insert(tx, server)
      await labours.boot(tx, id, cause)
      return server
    })
  },

  /** Every cell is asked for a whole page, as any of them may hold the newest. */
  async list({ projectId, limit, marker }: ListWish): Promise<readonly Server[]> {
    const before = marker === undefined ? undefined : (await find(cells, marker))?.server
    if (marker !== undefined && (!before || (projectId !== undefined && before.projectId !== projectId)))
      throw new Refusal('invalid', `marker [${marker}] not found`)
    const pages = await Promise.all(cells.all.map(({ store }) => store.list({ projectId, limit, before })))
    const byId = new Map(pages.toReversed().flatMap(page => page.map(server => [server.id, server] as const)))
    return [...byId.values()].toSorted((a, b) => newestFirst(a, b)).slice(0, limit)
  },

  listOnHost: (host: string): Promise<readonly Server[]> => cells.first.store.listOnHost(host),

  get: async (id: string): Promise<Server> => (await mustFind(cells, id)).server,

  async delete(id: string, cause: Cause): Promise<void> {
    const { cell } = await mustFind(cells, id)
    const { store, write } = cell
    const now = new Date(clock.now()).toISOString()
    return write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (!server) throw absent(id)
      if (server.taskState === 'deleting') return
      if (cell === cells.first) {
        await store.update(tx, { ...server, taskState: 'deleting', updatedAt: now }, 'doomed')
        await labours.delete(tx, id, cause)
      } else {
        // Nothing of it was ever on a host: there is no labour.
        const gone = { vmState: 'deleted', taskState: null, isDeleted: true, terminatedAt: now, updatedAt: now } as const
        await store.update(tx, { ...server, ...gone }, 'deleted')
      }
    })
  },

  /** Its name, or what its owner says of it. */
  async update(id: string, changed: Partial<Pick<Server, 'name' | 'description'>>, cause: Cause): Promise<Server> {
    const { store, write } = (await mustFind(cells, id)).cell
    return write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (!server) throw absent(id)
      const next = { ...server, ...changed, updatedAt: new Date(clock.now()).toISOString() }
      await store.update(tx, next, 'updated')
      return next
    })
  },

  async consoleLog({ id, host }: Server, lines: number | undefined, cause: Cause): Promise<string> {
    if (host === null) throw new Refusal('conflict', `Instance ${id} is not ready`)
    return hypervisors.consoleLog(host, id, lines, cause)
  },
})

const gib = 2 ** 30

/** A disk of 0 takes the image's own size. */
function mustSuit({ memoryMb, diskGb }: { memoryMb: number; diskGb: number }, image: BootImage): void {
  const { minRamMb = 0, minDiskGb = 0, sizeBytes = 0 } = image
  if (memoryMb < minRamMb) throw new Refusal('invalid', "Flavor's memory is too small for requested image.")
  if (diskGb === 0) return
  const disk = diskGb * gib
  if (sizeBytes > disk)
    throw new Refusal(
      'invalid',
      `Flavor's disk is too small for requested image. Flavor disk is ${disk} bytes, image is ${sizeBytes} bytes.`,
    )
  if (minDiskGb > diskGb)
    throw new Refusal(
      'invalid',
      `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${disk} bytes, minimum size is ${minDiskGb * gib} bytes.`,
    )
}

type Cells = Rooms['cells']

/** The mapped cell first; a server that moves at this moment may be in the other. */
async function find(cells: Cells, id: string): Promise<{ server: Server; cell: ServerCell } | undefined> {
  const mapped = await cells.of(id)
  for (const cell of [mapped, ...cells.all.filter(one => one !== mapped)]) {
    const server = await cell.store.findUnchecked(id)
    if (server) return { server, cell }
  }
  return undefined
}

async function mustFind(cells: Cells, id: string) {
  const found = await find(cells, id)
  if (!found) throw absent(id)
  return found
}

const absent = (id: string) => new Refusal('not-found', `Instance ${id} could not be found.`)
const newestFirst = (a: Server, b: Server) => compare(b.createdAt, a.createdAt) || compare(b.id, a.id)
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

export type ServerLogic = ReturnType<typeof serverLogic>
