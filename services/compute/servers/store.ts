import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { InstanceRow, Tables, Transaction } from '../tables.ts'
import type { Server } from './server.ts'
import type { PowerState, TaskState, VmState } from './states.ts'

export interface Page {
  /** Absent: of every project. */
  readonly projectId?: string | undefined
  readonly limit: number
  /** The last one of the page before. */
  readonly before?: Pick<Server, 'id' | 'createdAt'> | undefined
}

/** Servers in one cell's `instance`. Reads are of one project unless their name says that they are not. */
export const serverStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async findUnchecked(id: string, from = read): Promise<Server | undefined> {
    const row = await from.selectFrom('instance').selectAll().where('id', '=', id).where('deleted', '=', 0).executeTakeFirst()
    return row && toServer(row)
  },

  /** Also one that was deleted. */
  async findEvenDeletedUnchecked(id: string, from = read): Promise<Server | undefined> {
    const row = await from.selectFrom('instance').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toServer(row)
  },

  async listEvenDeletedUnchecked(ids: readonly string[], from = read): Promise<readonly Server[]> {
    if (ids.length === 0) return []
    return (await from.selectFrom('instance').selectAll().where('id', 'in', ids).execute()).map(toServer)
  },

  /** Newest first, as the API promises. */
  async list({ projectId, limit, before }: Page, from = read): Promise<readonly Server[]> {
    let rows = from.selectFrom('instance').selectAll().where('deleted', '=', 0)
    if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
    if (before)
      rows = rows.where(({ eb, or, and }) =>
        or([eb('created_at', '<', before.createdAt), and([eb('created_at', '=', before.createdAt), eb('id', '<', before.id)])]),
      )
    const found = await rows.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    return found.map(toServer)
  },

  async listOnHost(host: string, from = read): Promise<readonly Server[]> {
    const rows = await from.selectFrom('instance').selectAll().where('host', '=', host).where('deleted', '=', 0).orderBy('number').execute()
    return rows.map(toServer)
  },

  /** A number no server had before. The counter's row stays locked until the commit: who comes at the same time waits, and gets the next. */
  async takeNumber(tx: Transaction): Promise<number> {
    await tx.change([], sql =>
      sql
        .updateTable('instance_counter')
        .set(({ eb }) => ({ last: eb('last', '+', 1) }))
        .execute(),
    )
    const row = await tx.read.selectFrom('instance_counter').select('last').executeTakeFirstOrThrow()
    return Number(row.last)
  },

  insert: (tx: Transaction, server: Server) =>
    tx.change(change(server, 'created'), sql => sql.insertInto('instance').values(toRow(server)).execute()),

  /** `act` is what happened to it, as the change log says it: 'launched', 'failed', 'deleted'. */
  update: (tx: Transaction, server: Server, act: string) =>
    tx.change(change(server, act), sql => sql.updateTable('instance').set(toRow(server)).where('id', '=', server.id).execute()),

  /** Keeps a server that another cell had; nothing happened to it, so nothing is told. */
  keepMoved: (tx: Transaction, server: Server) => tx.change([], sql => sql.insertInto('instance').values(toRow(server)).execute()),

  /** Forgets a server that another cell keeps. */
  forgetMoved: (tx: Transaction, id: string) => tx.change([], sql => sql.deleteFrom('instance').where('id', '=', id).execute()),
})

export type ServerStore = ReturnType<typeof serverStore>

const change = (server: Server, act: string) => ({
  kind: 'compute.server',
  id: server.id,
  act,
  projectId: server.projectId,
  userId: server.userId,
  after: {
    name: server.name,
    vm_state: server.vmState,
    task_state: server.taskState,
    power_state: server.powerState,
    fault: server.fault && { code: server.fault.code, message: server.fault.message },
  },
})

const toRow = (server: Server): Insertable<InstanceRow> => ({
  ...{ id: server.id, number: server.number, name: server.name, hostname: server.hostname, description: server.description },
  ...{ project_id: server.projectId, user_id: server.userId, image_id: server.imageId },
  flavor: JSON.stringify(server.flavor),
  ...{ vcpus: server.flavor.vcpus, memory_mb: server.flavor.memoryMb },
  old_flavor: server.oldFlavor && JSON.stringify(server.oldFlavor),
  new_flavor: server.newFlavor && JSON.stringify(server.newFlavor),
  metadata: JSON.stringify(server.metadata),
  system_metadata: JSON.stringify(server.systemMetadata),
  tags: server.tags.length === 0 ? '' : `,${server.tags.join()},`,
  ...{ vm_state: server.vmState, task_state: server.taskState, power_state: server.powerState, progress: server.progress },
  fault: server.fault && JSON.stringify(server.fault),
  ...{ locked_by: server.lockedBy, locked_reason: server.lockedReason },
  ...{ host: server.host, node: server.node, availability_zone: server.availabilityZone },
  request: JSON.stringify(server.request),
  ...{ reservation_id: server.reservationId, launch_index: server.launchIndex },
  ...{ key_name: server.keyName, public_key: server.publicKey, user_data: server.userData },
  ...{ config_drive: server.hasConfigDrive, root_device: server.rootDevice, disk_config: server.diskConfig },
  ...{ access_ip_v4: server.accessIpV4, access_ip_v6: server.accessIpV6 },
  trusted_certificates: server.trustedCertificates && JSON.stringify(server.trustedCertificates),
  drops_at_shutdown: server.dropsAtShutdown,
  nics: JSON.stringify(server.nics),
  ...{ created_at: server.createdAt, updated_at: server.updatedAt, launched_at: server.launchedAt },
  ...{ terminated_at: server.terminatedAt, deleted_at: server.deletedAt, deleted: server.isDeleted },
})

const parsed = (json: string | null) => (json === null ? null : JSON.parse(json))

const toServer = (row: Selectable<InstanceRow>): Server => ({
  ...{ id: row.id, number: Number(row.number), name: row.name, hostname: row.hostname, description: row.description },
  ...{ projectId: row.project_id, userId: row.user_id, imageId: row.image_id },
  ...{ flavor: JSON.parse(row.flavor), oldFlavor: parsed(row.old_flavor), newFlavor: parsed(row.new_flavor) },
  ...{ metadata: JSON.parse(row.metadata), systemMetadata: JSON.parse(row.system_metadata) },
  tags: row.tags === '' ? [] : row.tags.slice(1, -1).split(','),
  vmState: row.vm_state as VmState,
  taskState: row.task_state as TaskState | null,
  powerState: row.power_state as PowerState,
  progress: row.progress,
  fault: parsed(row.fault),
  lockedBy: row.locked_by as Server['lockedBy'],
  ...{ lockedReason: row.locked_reason, host: row.host, node: row.node, availabilityZone: row.availability_zone },
  ...{ request: JSON.parse(row.request), reservationId: row.reservation_id, launchIndex: row.launch_index },
  ...{ keyName: row.key_name, publicKey: row.public_key, userData: row.user_data },
  ...{ hasConfigDrive: isSet(row.config_drive), rootDevice: row.root_device },
  diskConfig: row.disk_config === 'AUTO' ? 'AUTO' : 'MANUAL',
  ...{ accessIpV4: row.access_ip_v4, accessIpV6: row.access_ip_v6, trustedCertificates: parsed(row.trusted_certificates) },
  ...{ dropsAtShutdown: isSet(row.drops_at_shutdown), nics: JSON.parse(row.nics) },
  ...{ createdAt: row.created_at, updatedAt: row.updated_at, launchedAt: row.launched_at },
  ...{ terminatedAt: row.terminated_at, deletedAt: row.deleted_at, isDeleted: isSet(row.deleted) },
})
