import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageKeeper } from '../../clients/images.ts'
import type { Server } from '../server.ts'
import { shelveServer, type ShelveWish } from '../tasks/shelve.ts'
import { type NewImage, snapshotServer, type SnapshotWish } from '../tasks/snapshot.ts'
import { type ActOn, type Asker, mustMay } from './act.ts'
import type { Rooms } from './rooms.ts'

export interface SnapshotNamed {
  readonly name: string
  readonly metadata: Readonly<Record<string, string>>
  readonly projectId: string
  readonly userId: string
}

/** Six hours: disks are copied whole. */
const deadlineMs = 21_600_000

/** Servers as images. */
export const imaging = (act: ActOn, { chance, settings, keeper }: Rooms) => {
  const pathOf = (imageId: string) => `${settings().snapshotDir}/${imageId}`
  const mustKeep = (): ImageKeeper => {
    if (!keeper) throw new Refusal('unavailable', 'There is no image service to keep a snapshot.')
    return keeper
  }

  return {
    /** The image can be looked at as soon as this answers its id; its data follow. */
    async createImage(server: Server, named: SnapshotNamed, asker: Asker, cause: Cause): Promise<string> {
      mustMay('snapshot', server, asker)
      const keeping = mustKeep()
      const image = imageOf(server, { id: chance.uuid(), ...named, kind: { image_type: 'snapshot' } })
      const input = ({ vmState }: Server) => ({ was: vmState, image, path: pathOf(image.id) })
      const note = { action: 'createImage', event: 'compute_snapshot_instance' }
      await act<SnapshotWish>(server.id, { action: 'snapshot', task: snapshotServer, note, input, deadlineMs }, asker, cause)
      await keeping.create(image, cause)
      return image.id
    },

    async createBackup(server: Server, wish: SnapshotNamed & { kind: string; keep: number }, asker: Asker, cause: Cause): Promise<string> {
      const keeping = mustKeep()
      const image = imageOf(server, { id: chance.uuid(), ...wish, kind: { image_type: 'backup', backup_type: wish.kind } })
      const rotation = {
        keep: wish.keep,
        properties: { image_type: 'backup', backup_type: wish.kind, instance_uuid: server.id },
      }
      const input = ({ vmState }: Server) => ({ was: vmState, image, path: pathOf(image.id), rotation })
      const note = { action: 'createBackup', event: 'compute_backup_instance' }
      await act<SnapshotWish>(server.id, { action: 'backup', task: snapshotServer, note, input, deadlineMs }, asker, cause)
      await keeping.create(image, cause)
      return image.id
    },

    async shelve(
      server: Server,
      { projectId, userId }: Omit<SnapshotNamed, 'name' | 'metadata'>,
      asker: Asker,
      cause: Cause,
    ): Promise<void> {
      mustKeep()
      const named = { name: `${server.name}-shelved`, metadata: {}, projectId, userId }
      const image = imageOf(server, { id: chance.uuid(), ...named, kind: { image_type: 'snapshot' } })
      const offloads = settings().offloadMs === 0
      const input = ({ vmState }: Server) => ({ was: vmState, image, path: pathOf(image.id), offloads })
      const note = { action: 'shelve', event: 'compute_shelve_instance' }
      await act<ShelveWish>(server.id, { action: 'shelve', task: shelveServer, note, input, deadlineMs }, asker, cause)
    },
  }
}

/** What a copy does not take over from the image its server was made from. */
const ownWords = ['base_image_ref', 'min_disk', 'min_ram', 'disk_format', 'container_format', 'cache_in_nova', 'bittorrent']
const isOwn = (name: string) => ownWords.includes(name) || name.startsWith('img_signature') || name.startsWith('os_glance_')

interface Naming extends SnapshotNamed {
  readonly id: string
  readonly kind: Readonly<Record<string, string>>
}

/** It needs as much as the server had. */
function imageOf(server: Server, { id, name, metadata, projectId, userId, kind }: Naming): NewImage {
  const remembered = Object.entries(server.systemMetadata).flatMap(([key, value]) => {
    const short = key.replace(/^image_/, '')
    return key.startsWith('image_') && !isOwn(short) ? [[short, value] as const] : []
  })
  const said = server.systemMetadata['image_disk_format']
  const container = server.systemMetadata['image_container_format'] ?? 'bare'
  const isAmi = said === 'ami'
  return {
    ...{ id, name, ownerId: projectId, visibility: 'private', minRamMb: Number(server.systemMetadata['image_min_ram'] ?? 0) },
    ...{ diskFormat: isAmi ? 'ami' : 'qcow2', containerFormat: isAmi ? 'ami' : container === 'ami' ? 'bare' : container },
    minDiskGb: Math.max(server.flavor.diskGb, Number(server.systemMetadata['image_min_disk'] ?? 0)),
    properties: {
      ...Object.fromEntries(remembered),
      ...{ base_image_ref: server.systemMetadata['image_base_image_ref'] ?? server.imageId, instance_uuid: server.id, user_id: userId },
      ...kind,
      ...metadata,
    },
  }
}
