import type { Turn } from '@kilonova/platform/tasks/task.ts'
import type { ClaimAsk } from '../../scheduler/scheduler.ts'
import type { Server } from '../server.ts'
import { imagePropertiesOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import { mustFind } from './settle.ts'

/** What the scheduler is asked for a server. */
export const askOf = (server: Server): ClaimAsk => ({
  ...{ consumerId: server.id, projectId: server.projectId, userId: server.userId, flavor: server.flavor },
  image: { id: server.imageId, diskFormat: server.systemMetadata['image_disk_format'], properties: imagePropertiesOf(server) },
  hints: { ...server.request.hints, ...(server.request.groupId === undefined ? {} : { group: server.request.groupId }) },
  ...{ zone: server.request.zone, host: server.request.wanted?.host, forcedHost: server.request.forced?.host },
})

type Asked = { readonly serverId: string }

export async function chooseHost({ serverId }: Asked, { store, scheduling }: TaskRooms, { cause }: Turn) {
  const { host, node } = await scheduling.claim(askOf(await mustFind(store, serverId)), cause)
  return { host, node }
}

export async function giveHostBack({ serverId }: Asked, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.release(serverId, cause)
}
