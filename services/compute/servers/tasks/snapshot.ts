import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { ImageKeeper } from '../../clients/images.ts'
import type { TaskState } from '../states.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, fallBack, move, mustRun, settle } from './settle.ts'

export type NewImage = Parameters<ImageKeeper['create']>[0]

export interface SnapshotWish extends Asked {
  readonly image: NewImage
  /** Where the host puts the file that the image service takes. */
  readonly path: string
  /** Of backups, how many of their kind are kept. */
  readonly rotation?: { readonly keep: number; readonly properties: Readonly<Record<string, string>> } | undefined
}

/** The disk of a server as an image of its own. */
export const snapshotServer = task<SnapshotWish, TaskRooms>('server.snapshot')
  .step('write the image down', makeRecord, dropRecord)
  .step('copy the disk', copyDisk, dropFile)
  .step('hand the copy to the image service', fill)
  .step('let old backups go', rotate)
  .onDone((asked, rooms, { cause }) => settle(rooms, asked.serverId, { during, act: 'copied', change: () => ({}) }, cause))
  .onUndone((asked, rooms, turn) => fallBack(rooms, asked, turn, during))

// biome-ignore format: words
const during: readonly TaskState[] = ['image_snapshot_pending', 'image_snapshot', 'image_pending_upload', 'image_uploading', 'image_backup']

export function keeperOf({ keeper }: Pick<TaskRooms, 'keeper'>): ImageKeeper {
  if (!keeper) throw new Refusal('unavailable', 'There is no image service to keep a snapshot.')
  return keeper
}

export async function makeRecord({ image }: Pick<SnapshotWish, 'image'>, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  await keeperOf(rooms).create(image, cause)
}
export async function dropRecord({ image }: Pick<SnapshotWish, 'image'>, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  await rooms.keeper?.delete(image.id, cause)
}

async function copyDisk({ serverId, image, path }: SnapshotWish, rooms: TaskRooms, { cause }: Turn) {
  await move(rooms, serverId, ['image_snapshot_pending'], { taskState: 'image_snapshot' }, cause)
  const { host } = await mustRun(rooms.store, serverId)
  const format = image.diskFormat === 'raw' ? ('raw' as const) : ('qcow2' as const)
  const { sizeBytes } = await rooms.hypervisors.snapshot(host, { uuid: serverId, format, imageId: image.id, path }, cause)
  return { host, sizeBytes }
}
export async function dropFile({ path }: Pick<SnapshotWish, 'path'>, { keeper }: TaskRooms): Promise<void> {
  await keeper?.discard(path)
}

async function fill({ serverId, image, path, sizeBytes }: SnapshotWish & { sizeBytes: number }, rooms: TaskRooms, { cause, signal }: Turn) {
  await move(rooms, serverId, ['image_snapshot', 'image_pending_upload'], { taskState: 'image_uploading' }, cause)
  await keeperOf(rooms).fill(image.id, { path, sizeBytes }, cause, signal)
}

async function rotate({ image, rotation }: SnapshotWish, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  if (!rotation) return
  const kept = await keeperOf(rooms).list(image.ownerId, rotation.properties)
  for (const { id } of kept.slice(0, Math.max(0, kept.length - rotation.keep))) await keeperOf(rooms).delete(id, cause)
}
