import { type Labour, labour } from '@kilonova/platform/tasks/task.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { HypervisorClient } from '../clients/hypervisor.ts'
import type { Images } from '../clients/images.ts'
import type { Sealer } from '../drivers/sealer.ts'
import type { InsideWish } from '../main.ts'
import type { Tasks } from '@kilonova/platform/tasks/tasks.ts'
import type { Labours as GuestLabours } from '../servers/reconcilers/power-states.ts'
import type { Tables } from '../tables.ts'
import { serverMigrationStore } from '../server-migrations/store.ts'
import type { Rooms as WaitingRooms } from '../servers/reconcilers/overdue.ts'
import { serverStore } from '../servers/store.ts'
import { bootDeadlineMs, bootServer } from '../servers/tasks/boot.ts'
import { deleteServer } from '../servers/tasks/delete.ts'
import { confirmResize, revertResize } from '../servers/tasks/end-resize.ts'
import * as power from '../servers/tasks/power.ts'
import { attachPort, detachPort, dropPort } from '../servers/tasks/ports.ts'
import { rebuildServer } from '../servers/tasks/rebuild.ts'
import { rescueServer, unrescueServer } from '../servers/tasks/rescue.ts'
import { forgetFailedMove } from '../servers/tasks/forget-failed-move.ts'
import { leaveOldHost } from '../servers/tasks/leave-old-host.ts'
import { resizeServer } from '../servers/tasks/resize.ts'
import type { TaskRooms } from '../servers/tasks/rooms.ts'
import { offloadServer, shelveServer, unshelveServer } from '../servers/tasks/shelve.ts'
import { snapshotServer } from '../servers/tasks/snapshot.ts'
import type { Databases } from './databases.ts'
import type { buildLogics } from './logics.ts'

export interface LabourWish {
  readonly logics: Awaited<ReturnType<typeof buildLogics>>
  readonly databases: Databases
  readonly images: Images
  readonly hypervisors: HypervisorClient
  readonly burial: TaskRooms['burial']
  readonly record: Tasks<Tables>['record']
  /** Opens what inputs of tasks carry sealed. */
  readonly passwords: Pick<Sealer, 'open'>
  readonly wish: Pick<InsideWish, 'clock' | 'keeper' | 'network' | 'rules'>
}

/** What the labours of servers are done with. */
export function taskRooms({ logics, databases, images, hypervisors, burial, record, passwords, wish }: LabourWish): TaskRooms {
  const { cell1 } = databases
  const { zones, metadata, instanceActions, serverGroups, scheduling, servers, services } = logics
  return {
    ...{ store: serverStore(cell1), write: cell1.transaction, images, burial, scheduling },
    hypervisors: {
      ...hypervisors,
      setPassword: (host, { password, ...asked }, cause) =>
        hypervisors.setPassword(host, { ...asked, password: passwords.open(password) }, cause),
    },
    isAway: async host => !(await services.computesOn([host])).some(services.isUp),
    ...{ keeper: wish.keeper, network: wish.network, clock: wish.clock },
    mostAttempts: () => logics.rules().scheduler.max_attempts,
    bootAgain: async (tx, input, cause) => {
      await record(tx, bootServer, { key: input.serverId, input, deadlineMs: servers.buildMs(), cause })
    },
    offload: async (tx, input, cause) => {
      await record(tx, offloadServer, { key: input.serverId, input, deadlineMs: bootDeadlineMs, cause })
    },
    forgetMove: async (tx, input, cause) => {
      await record(tx, forgetFailedMove, { key: input.serverId, input, deadlineMs: 3_600_000, cause })
    },
    actions: instanceActions,
    moves: serverMigrationStore(cell1),
    leaveGroups: serverGroups.leave,
    zoneOf: zones.ofHost,
    driveOf: (server, { adminPassword }) => metadata.drive(server, { adminPassword: adminPassword && passwords.open(adminPassword) }),
    shutdownMs: servers.shutdownMs,
    plugging: () => {
      const { vif_plugging_timeout: seconds, vif_plugging_is_fatal: isFatal } = logics.rules().DEFAULT
      return { timeoutMs: seconds * 1000, isFatal }
    },
  }
}

/** Who ends what waits: the cloud itself, whom no lock holds. */
export function waitingRooms(
  servers: LabourWish['logics']['servers'],
  { causeOf, log }: Pick<WaitingRooms, 'causeOf' | 'log'>,
): WaitingRooms {
  const cloud = { isAdmin: true }
  return {
    ...{ causeOf, log, overdue: servers.overdue },
    ends: {
      confirmResize: (server, cause) => servers.confirmResize(server, cloud, cause),
      unrescue: (server, cause) => servers.unrescue(server.id, cloud, cause),
      forceDelete: (server, cause) => servers.forceDelete(server.id, cloud, cause),
      shelveOffload: (server, cause) => servers.shelveOffload(server.id, cloud, cause),
    },
  }
}

/** All that is done with servers. */
export const serverLabours = (rooms: TaskRooms): readonly Labour[] => [
  labour(bootServer, rooms),
  labour(deleteServer, rooms),
  labour(power.startServer, rooms),
  labour(power.stopServer, rooms),
  labour(power.softRebootServer, rooms),
  labour(power.hardRebootServer, rooms),
  labour(power.pauseServer, rooms),
  labour(power.unpauseServer, rooms),
  labour(power.suspendServer, rooms),
  labour(power.resumeServer, rooms),
  labour(power.restoreServer, rooms),
  labour(power.softDeleteServer, rooms),
  labour(power.changePassword, rooms),
  labour(power.dumpCore, rooms),
  labour(rescueServer, rooms),
  labour(unrescueServer, rooms),
  labour(rebuildServer, rooms),
  labour(attachPort, rooms),
  labour(detachPort, rooms),
  labour(dropPort, rooms),
  labour(resizeServer, rooms),
  labour(confirmResize, rooms),
  labour(revertResize, rooms),
  labour(leaveOldHost, rooms),
  labour(forgetFailedMove, rooms),
  labour(shelveServer, rooms),
  labour(offloadServer, rooms),
  labour(unshelveServer, rooms),
  labour(snapshotServer, rooms),
]

/** What a move left of a server on a host goes when nothing else is done with the server. */
export const leavingOldHosts =
  ({ record }: Pick<Tasks<Tables>, 'record'>, write: Databases['cell1']['transaction']) =>
  (serverId: string, host: string, cause: Cause): Promise<string> =>
    write(cause, tx => record(tx, leaveOldHost, { key: serverId, input: { serverId, host }, deadlineMs: 600_000, cause }))

/** What nobody asked for, and the cloud has done when guests act by themselves. */
export const unasked = ({ record }: Pick<Tasks<Tables>, 'record'>): GuestLabours => ({
  turnOff: async (tx, { id, vmState }, cause) => {
    await record(tx, power.stopServer, { key: id, input: { serverId: id, was: vmState }, deadlineMs: 600_000, cause })
  },
  turnOn: async (tx, { id, vmState }, cause) => {
    await record(tx, power.hardRebootServer, { key: id, input: { serverId: id, was: vmState }, deadlineMs: 600_000, cause })
  },
  delete: async (tx, { id }, cause) => {
    await record(tx, deleteServer, { key: id, input: { serverId: id }, deadlineMs: 3_600_000, cause })
  },
})
