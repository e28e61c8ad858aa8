import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { TaskRooms } from './boot.ts'

interface Asked {
  readonly serverId: string
}

export const deleteServer = task<Asked, TaskRooms>('server.delete')
  .step('destroy the guest', destroyGuest)
  .onDone(setDeleted)
  .onUndone(setToError)

async function destroyGuest({ serverId }: Asked, { store, hypervisors }: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await store.findUnchecked(serverId)
  if (server?.host) await hypervisors.destroy(server.host, serverId, cause)
}

async function setDeleted({ serverId }: Asked, { store, write, clock }: TaskRooms, { cause }: Turn): Promise<void> {
  await write(cause, async tx => {
    const server = await store.findUnchecked(serverId, tx.read)
    if (!server) return
    const now = new Date(clock.now()).toISOString()
    const gone = {
      ...server,
      vmState: 'deleted',
      taskState: null,
      powerState: 'nostate',
      isDeleted: true,
      terminatedAt: now,
      updatedAt: now,
    } as const
    await store.update(tx, gone, 'deleted')
  })
}

/** The guest may still be there: the server stays, in ERROR, and may be deleted again. */
async function setToError(
  { serverId }: Asked,
  { store, write, clock }: TaskRooms,
  { cause, fault }: Turn & { fault: Fault },
): Promise<void> {
  await write(cause, async tx => {
    const server = await store.findUnchecked(serverId, tx.read)
    if (server?.taskState !== 'deleting') return
    const now = new Date(clock.now()).toISOString()
    const details = `The step “${fault.step}” failed on ${fault.host}: ${fault.message}`
    await store.update(
      tx,
      {
        ...server,
        vmState: 'error',
        taskState: null,
        updatedAt: now,
        fault: { code: 500, message: fault.message, details, createdAt: now },
      },
      'failed',
    )
  })
}
