import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { HypervisorClient } from '../clients/hypervisor.ts'
import type { FlavorLogic } from '../flavors/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import type { Server } from './server.ts'
import type { Page, ServerStore } from './store.ts'

export interface Rooms {
  readonly store: ServerStore
  readonly write: Write
  readonly flavors: FlavorLogic
  readonly images: { find(id: string): Promise<GuestImage | undefined> }
  readonly hypervisors: HypervisorClient
  readonly labours: {
    boot(tx: Transaction, serverId: string, cause: Cause): Promise<void>
    delete(tx: Transaction, serverId: string, cause: Cause): Promise<void>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
}

export interface Wish {
  readonly name: string
  readonly description: string | null
  readonly imageId: string
  readonly flavorId: string
  readonly metadata: Readonly<Record<string, string>>
  readonly projectId: string
  readonly userId: string
}

/** Servers: checked and written down at once, booted and taken down by labours that survive a crash. */
export const serverLogic = ({ store, write, flavors, images, hypervisors, labours, clock, chance }: Rooms) => ({
  async create({ flavorId, imageId, ...wish }: Wish, cause: Cause): Promise<Server> {
    const flavor = await flavors.get(flavorId).catch(() => {
      throw new Refusal('invalid', `Flavor ${flavorId} could not be found.`)
    })
    if (!(await images.find(imageId))) throw new Refusal('invalid', `Can not find requested image`)
    const id = chance.uuid()
    return write(cause, async tx => {
      const now = new Date(clock.now()).toISOString()
      const server: Server = {
        ...wish,
        id,
        imageId,
        flavor,
        number: await store.takeNumber(tx),
        vmState: 'building',
        taskState: 'scheduling',
        powerState: 'nostate',
        host: null,
        fault: null,
        createdAt: now,
        updatedAt: now,
        launchedAt: null,
        terminatedAt: null,
        isDeleted: false,
      }
      await store.insert(tx, server)
      await labours.boot(tx, id, cause)
      return server
    })
  },

  listOfProject: async (projectId: string, page: Page): Promise<readonly Server[]> => {
    if (page.marker !== undefined && (await store.findUnchecked(page.marker))?.projectId !== projectId)
      throw new Refusal('invalid', `marker [${page.marker}] not found`)
    return store.listOfProject(projectId, page)
  },

  async get(id: string): Promise<Server> {
    const server = await store.findUnchecked(id)
    if (!server) throw new Refusal('not-found', `Instance ${id} could not be found.`)
    return server
  },

  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (!server) throw new Refusal('not-found', `Instance ${id} could not be found.`)
      if (server.taskState === 'deleting') return
      await store.update(tx, { ...server, taskState: 'deleting', updatedAt: new Date(clock.now()).toISOString() }, 'doomed')
      await labours.delete(tx, id, cause)
    }),

  async consoleLog({ id, host }: Server, lines: number | undefined, cause: Cause): Promise<string> {
    if (host === null) throw new Refusal('conflict', `Instance ${id} is not ready`)
    return hypervisors.consoleLog(host, id, lines, cause)
  },
})

export type ServerLogic = ReturnType<typeof serverLogic>
