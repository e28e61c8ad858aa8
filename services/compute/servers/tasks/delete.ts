import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Server } from '../server.ts'
import type { TaskRooms } from './rooms.ts'
import { faultOf, iso } from './settle.ts'
import { unwire } from './wire.ts'

interface Asked {
  readonly serverId: string
}

export const deleteServer = task<Asked, TaskRooms>('server.delete')
  .stepOn('destroy the guest', destroyGuest)
  .stepOn('take the network away', unwire)
  .stepOn('give the host back', giveHostBack)
  .stepOn('forget what was kept of it', forget)
  .onDone(setDeleted)
  .onUndone(setToError)

/** Wherever it is or was kept. Nobody waits for a host that is down: when it tells of its guests again, this one is taken away. */
async function destroyGuest({ serverId }: Asked, { store, hypervisors, isAway, moves }: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await store.findUnchecked(serverId)
  const move = await moves.findUnfinished(serverId)
  for (const host of new Set([server?.host, move?.sourceHost, move?.destHost]))
    if (host && !(await isAway(host))) await hypervisors.destroy(host, serverId, cause)
}

/** Its place in server groups, and the image that it was while it was shelved. */
async function forget({ serverId }: Asked, { store, keeper, leaveGroups }: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await store.findUnchecked(serverId)
  const imageId = server?.systemMetadata['shelved_image_id']
  if (imageId !== undefined) await keeper?.delete(imageId, cause)
  if (server?.request.groupId !== undefined) await leaveGroups(serverId, cause)
}

/** Also what a resize kept of the host before. */
async function giveHostBack({ serverId }: Asked, { scheduling, moves }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.release(serverId, cause)
  const move = await moves.findUnfinished(serverId)
  if (move) await scheduling.release(move.id, cause)
}

async function setDeleted({ serverId }: Asked, { store, write, actions, moves, clock }: TaskRooms, { cause }: Turn): Promise<void> {
  const move = await moves.findUnfinished(serverId)
  await write(cause, async tx => {
    const server = await store.findUnchecked(serverId, tx.read)
    if (!server) return
    const now = iso(clock)
    const gone: Server = {
      ...{ ...server, vmState: 'deleted', taskState: null, powerState: 'nostate', nics: [], oldFlavor: null, newFlavor: null },
      ...{ isDeleted: true, terminatedAt: now, deletedAt: now, updatedAt: now },
    }
    await store.update(tx, gone, 'deleted')
    if (move) await moves.update(tx, { ...move, status: 'confirmed', updatedAt: now }, 'ended')
    await actions.end(tx, serverId, cause)
  })
}

/** The guest may still be there: the server stays, in ERROR, and may be deleted again. */
async function setToError(
  { serverId }: Asked,
  { store, write, actions, clock }: TaskRooms,
  { cause, fault }: Turn & { fault: Fault },
): Promise<void> {
  await write(cause, async tx => {
    const server = await store.findUnchecked(serverId, tx.read)
    if (server?.taskState !== 'deleting') return
    const now = iso(clock)
    await store.update(tx, { ...server, vmState: 'error', taskState: null, updatedAt: now, fault: faultOf(fault, now) }, 'failed')
    await actions.end(tx, serverId, cause, fault)
  })
}
