import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { acting } from './logic/act.ts'
import { creating } from './logic/create.ts'
import { deleting } from './logic/delete.ts'
import { moving } from './logic/evacuate.ts'
import { absent, find, mustFind } from './logic/find.ts'
import { losing } from './logic/lost-ports.ts'
import { labelling } from './logic/labels.ts'
import { listing } from './logic/list.ts'
import { imaging } from './logic/images.ts'
import { noting } from './logic/lock.ts'
import { presenting } from './logic/present.ts'
import { rebuilding } from './logic/rebuild.ts'
import { resizing } from './logic/resize.ts'
import { waiting } from './logic/overdue.ts'
import { plugging } from './logic/ports.ts'
import type { Rooms } from './logic/rooms.ts'
import { simpleActions } from './logic/simple.ts'
import type { Server } from './server.ts'

export type { Rooms } from './logic/rooms.ts'

/** Servers: checked and written down at once, booted, changed and taken down by labours that survive a crash. */
export const serverLogic = (rooms: Rooms) => {
  const { cells, hypervisors } = rooms
  const act = acting(rooms)
  const sizes = resizing(act, rooms)
  return {
    ...listing(cells),
    ...labelling(act, rooms),
    ...creating(rooms),
    ...presenting(rooms),
    ...noting(rooms),
    ...waiting(rooms),
    ...deleting(act, rooms),
    ...simpleActions(act, rooms),
    ...imaging(act, rooms),
    ...rebuilding(act, rooms),
    ...plugging(act, rooms),
    ...losing(rooms),
    ...sizes,
    ...moving(rooms, sizes.refuseAlone),

    /** Whether passwords are answered to those who make servers. */
    showsPasswords: () => rooms.settings().showsPasswords,
    shutdownMs: () => rooms.settings().shutdownMs,
    buildMs: () => rooms.settings().buildMs,

    listOnHost: (host: string): Promise<readonly Server[]> => cells.first.store.listOnHost(host),

    get: async (id: string): Promise<Server> => (await mustFind(cells, id)).server,

    /** Also one that was deleted: what was done with it is asked for later. */
    async getEvenDeleted(id: string): Promise<Server> {
      const found = await find(cells, id, true)
      if (!found) throw absent(id)
      return found.server
    },

    async consoleLog({ id, host }: Server, lines: number | undefined, cause: Cause): Promise<string> {
      if (host === null) throw notReady(id)
      return hypervisors.consoleLog(host, id, lines, cause)
    },

    async diagnostics(server: Server, cause: Cause) {
      const { id, host, vmState } = server
      if (host === null || !['active', 'paused', 'rescued', 'resized'].includes(vmState)) throw notRunning(id)
      const diagnostics = await hypervisors.diagnostics(host, id, cause)
      const launched = server.launchedAt === null ? undefined : Date.parse(server.launchedAt)
      return { diagnostics, uptime: launched === undefined ? null : Math.floor((rooms.clock.now() - launched) / 1000) }
    },
  }
}

export type ServerLogic = ReturnType<typeof serverLogic>

const notReady = (id: string) => new Refusal('conflict', `Instance ${id} is not ready`)
const notRunning = (id: string) => new Refusal('conflict', `Instance ${id} is not running.`)
