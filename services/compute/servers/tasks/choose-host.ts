import type { Turn } from '@kilonova/platform/tasks/task.ts'
import type { ClaimAsk } from '../../scheduler/scheduler.ts'
import type { Server } from '../server.ts'
import { imagePropertiesOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import { mustFind } from './settle.ts'
import { orWhatWasTried, type Tried } from './try-elsewhere.ts'

/** What the scheduler is asked for a server. */
export const askOf = (server: Server): ClaimAsk => ({
  ...{ consumerId: server.id, projectId: server.projectId, userId: server.userId, flavor: server.flavor },
  image: { id: server.imageId, diskFormat: server.systemMetadata['image_disk_format'], properties: imagePropertiesOf(server) },
  hints: { ...server.request.hints, ...(server.request.groupId === undefined ? {} : { group: server.request.groupId }) },
  ...{ zone: server.request.zone, host: server.request.wanted?.host, forcedHost: server.request.forced?.host },
})

interface Asked extends Tried {
  readonly serverId: string
}

export async function chooseHost({ serverId, tried = [] }: Asked, { store, scheduling }: TaskRooms, { cause }: Turn) {
  const ask: ClaimAsk = { ...askOf(await mustFind(store, serverId)), ignoredHosts: tried.map(one => one.host) }
  const { host, node } = await scheduling.claim(ask, cause).catch(error => {
    throw orWhatWasTried(error, { tried })
  })
  return { host, node }
}

export async function giveHostBack({ serverId }: Pick<Asked, 'serverId'>, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.release(serverId, cause)
}
