import type { GuestReport } from '@kilonova/hypervisor/contract/messages.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { HypervisorClient } from '../../clients/hypervisor.ts'
import type { Server } from '../server.ts'
import type { ServerStore } from '../store.ts'
import { livesElsewhere } from '../tasks/leave-old-host.ts'

export interface Rooms {
  readonly store: Pick<ServerStore, 'listEvenDeletedUnchecked'>
  /** Where servers go that found no host in the end; a host that was tried before may have started one all the same. */
  readonly grave: Pick<ServerStore, 'listEvenDeletedUnchecked'>
  readonly hypervisors: Pick<HypervisorClient, 'destroy'>
  /** Writes down that a server leaves a host on which something of it was left; who does it looks again. */
  readonly leaveOldHost: (serverId: string, host: string, cause: Cause) => Promise<unknown>
  readonly log: Log
}

/**
 * Takes away the guests of which a host tells and whose servers are gone, and what remains of such. A command to start a guest may be carried out long
 * after it was given (its message was late, its sender stood still), when the server has been deleted meanwhile; and a guest may have gone by halves
 * when its server was deleted again, of a host that was away. Hosts tell of all of it again and again, so what could not be done now is done when they
 * tell the next time.
 *
 * A guest of which this cloud knows no server belongs to somebody else who uses the host, and is left alone.
 */
export async function destroyOrphans(
  { host, guests, remains = [] }: GuestReport,
  { store, grave, hypervisors, leaveOldHost, log }: Rooms,
  cause: Cause,
): Promise<void> {
  // Of servers that live, files alone say nothing: hosts may share the directory they are in.
  const running = new Map(guests.map(({ uuid, name }) => [uuid, name]))
  const ids = [...running.keys(), ...remains]
  const living = await store.listEvenDeletedUnchecked(ids)
  const known = new Set(living.map(({ id }) => id))
  const servers = [...living, ...(await grave.listEvenDeletedUnchecked(ids.filter(id => !known.has(id))))]
  for (const { id } of servers.filter(one => running.has(one.id) && livesElsewhere(one, host))) {
    log.warn('a guest whose server is on another host is to go', { ...causeFields(cause), instance_id: id, host })
    await leaveOldHost(id, host, cause).catch(error => log.warn('it could not be written down', { ...causeFields(cause), host, error }))
  }
  for (const { id } of servers.filter(isOver)) {
    const what = running.has(id) ? 'a guest without a server is destroyed' : 'what remains of a server that is gone is removed'
    log.warn(what, { ...causeFields(cause), instance_id: id, host, name: running.get(id) })
    await hypervisors
      .destroy(host, id, cause)
      .catch(error => log.warn('it could not be destroyed', { ...causeFields(cause), instance_id: id, host, error }))
  }
}

/** Deleted, or failed before it ever ran: there is no way back from either. */
const isOver = ({ isDeleted, vmState, taskState, launchedAt }: Server) =>
  isDeleted || (vmState === 'error' && taskState === null && launchedAt === null)
