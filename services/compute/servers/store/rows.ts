import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Insertable, Selectable } from 'kysely'
import type { InstanceRow } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { PowerState, TaskState, VmState } from '../states.ts'

export const toRow = (server: Server): Insertable<InstanceRow> => ({
  ...{ id: server.id, number: server.number, project_id: server.projectId, user_id: server.userId },
  ...{ reservation_id: server.reservationId, launch_index: server.launchIndex, created_at: server.createdAt },
  ...toChanging(server),
})

/** Without what a server has for life: SQLite writes the indexes of every column it is told to set, changed or not. */
export const toChanging = (server: Server) => ({
  ...{ name: server.name, hostname: server.hostname, description: server.description, image_id: server.imageId },
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
  ...{ key_name: server.keyName, public_key: server.publicKey, user_data: server.userData },
  ...{ config_drive: server.hasConfigDrive, root_device: server.rootDevice, disk_config: server.diskConfig },
  ...{ access_ip_v4: server.accessIpV4, access_ip_v6: server.accessIpV6 },
  trusted_certificates: server.trustedCertificates && JSON.stringify(server.trustedCertificates),
  drops_at_shutdown: server.dropsAtShutdown,
  nics: JSON.stringify(server.nics),
  ...{ updated_at: server.updatedAt, launched_at: server.launchedAt },
  ...{ terminated_at: server.terminatedAt, deleted_at: server.deletedAt, deleted: server.isDeleted },
})

const parsed = (json: string | null) => (json === null ? null : JSON.parse(json))

export const toServer = (row: Selectable<InstanceRow>): Server => ({
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
