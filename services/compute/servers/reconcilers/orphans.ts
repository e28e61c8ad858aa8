import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { HypervisorClient } from '../../clients/hypervisor.ts'
import type { Server } from '../server.ts'
import type { ServerStore } from '../store.ts'

export interface Rooms {
  readonly store: ServerStore
  readonly hypervisors: HypervisorClient
  readonly hosts: readonly string[]
  readonly log: Log
}

/**
 * Takes away the guests whose servers are gone. A command to start a guest may be carried out long after it was given (its message was late,
 * its sender stood still), when the server has been deleted meanwhile; nothing but looking finds such a guest.
 *
 * A guest of which this cloud knows no server belongs to somebody else who uses the host, and is left alone.
 */
export async function destroyOrphans({ store, hypervisors, hosts, log }: Rooms, cause: Cause): Promise<void> {
  for (const host of hosts) {
    const guests = await hypervisors.list(host, cause).catch(error => {
      log.warn('a host could not be looked at', { ...causeFields(cause), host, error })
      return []
    })
    for (const { uuid, name } of guests) {
      const server = await store.findEvenDeletedUnchecked(uuid)
      if (!server || !isOver(server)) continue
      log.warn('a guest without a server is destroyed', { ...causeFields(cause), instance_id: uuid, host, name })
      await hypervisors
        .destroy(host, uuid, cause)
        .catch(error => log.warn('it could not be destroyed', { ...causeFields(cause), instance_id: uuid, host, error }))
    }
  }
}

/** Deleted, or failed before it ever ran: there is no way back from either. */
const isOver = ({ isDeleted, vmState, taskState, launchedAt }: Server) =>
  isDeleted || (vmState === 'error' && taskState === null && launchedAt === null)
