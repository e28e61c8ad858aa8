import { type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Server } from '../server.ts'
import type { TaskRooms } from './rooms.ts'

interface Wish {
  readonly serverId: string
  /** Where it was. */
  readonly host: string
}

/** What a move left of a server on a host that it left: its confirmation failed there, and the server went on elsewhere. */
export const leaveOldHost = task<Wish, TaskRooms>('server.leave-old-host').step('drop what is left on the old host', dropWhatIsLeft)

async function dropWhatIsLeft({ serverId, host }: Wish, { store, hypervisors, moves }: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await store.findUnchecked(serverId)
  if (!server || !livesElsewhere(server, host) || (await moves.findUnfinished(serverId))) return
  await hypervisors.destroy(host, serverId, cause)
}

/** Of one that failed, or whose move waits for a word of its owner, nobody but them knows which of both is the right one. */
export const livesElsewhere = ({ host, isDeleted, vmState, taskState }: Server, here: string): boolean =>
  !isDeleted && host !== null && host !== here && taskState === null && vmState !== 'error' && vmState !== 'resized'
