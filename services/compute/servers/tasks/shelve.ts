import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import { askOf } from '../../scheduler/scheduler/ask.ts'
import type { Transaction } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { TaskState } from '../states.ts'
import { asGuestImage, graceOf, guestOf, imageOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, fallBack, faultOf, isGone, iso, move, mustFind, mustRun, settle } from './settle.ts'
import { dropFile, dropRecord, keeperOf, makeRecord, type NewImage } from './snapshot.ts'
import { awaitWired, rewire } from './wire.ts'

export interface ShelveWish extends Asked {
  readonly image: NewImage
  readonly path: string
  /** Whether it leaves its host at once. */
  readonly offloads: boolean
}

const during: readonly TaskState[] = ['shelving', 'shelving_image_pending_upload', 'shelving_image_uploading']

/** The server's disk becomes an image, and the server takes no room on its host any more. */
export const shelveServer = task<ShelveWish, TaskRooms>('server.shelve')
  .step('write the image down', makeRecord, dropRecord)
  .step('turn the guest off', turnOff, turnOn)
  .step('copy the disk', copyDisk, dropFile)
  .step('hand the copy to the image service', fill)
  .onDone(setShelved)
  .onUndone((asked, rooms, turn) => fallBack(rooms, asked, turn, during))

async function turnOff({ serverId, was }: ShelveWish, rooms: TaskRooms, { cause }: Turn) {
  const server = await mustRun(rooms.store, serverId)
  await rooms.hypervisors.stop(server.host, serverId, was === 'active' ? graceOf(server, rooms) : 0, cause)
  return { host: server.host }
}
async function turnOn({ serverId, was }: ShelveWish, { store, hypervisors, images }: TaskRooms, { cause }: Turn): Promise<void> {
  if (was === 'stopped') return
  const server = await mustRun(store, serverId)
  const guest = guestOf(server, await imageOf(images, server))
  await hypervisors.reboot(server.host, { guest, way: 'hard', graceMs: 0 }, cause)
}

async function copyDisk({ serverId, image, path }: ShelveWish, rooms: TaskRooms, { cause }: Turn) {
  await move(rooms, serverId, ['shelving'], { taskState: 'shelving_image_pending_upload' }, cause)
  const { host } = await mustRun(rooms.store, serverId)
  const format = image.diskFormat === 'raw' ? ('raw' as const) : ('qcow2' as const)
  const { sizeBytes } = await rooms.hypervisors.snapshot(host, { uuid: serverId, format, imageId: image.id, path }, cause)
  return { sizeBytes }
}

async function fill({ serverId, image, path, sizeBytes }: ShelveWish & { sizeBytes: number }, rooms: TaskRooms, { cause, signal }: Turn) {
  await move(rooms, serverId, ['shelving_image_pending_upload'], { taskState: 'shelving_image_uploading' }, cause)
  await keeperOf(rooms).fill(image.id, { path, sizeBytes }, cause, signal)
}

/** Without a host, and nothing of it is running anywhere. */
const offloaded = { vmState: 'shelved_offloaded', powerState: 'shutdown', host: null, node: null } as const

async function setShelved({ serverId, image, offloads, host }: ShelveWish & { host: string }, rooms: TaskRooms, { cause }: Turn) {
  const change = ({ systemMetadata }: Server): Partial<Server> => ({
    ...{ vmState: 'shelved', powerState: 'shutdown', taskState: offloads ? 'shelving_offloading' : null },
    systemMetadata: { ...systemMetadata, shelved_at: iso(rooms.clock), shelved_image_id: image.id, shelved_host: host },
  })
  // One that was deleted meanwhile goes by the labour that deletes it, which comes first.
  const besides = async (tx: Transaction, { taskState }: Server) => {
    if (taskState === 'shelving_offloading') await rooms.offload(tx, { serverId, was: 'shelved' }, cause)
  }
  await settle(rooms, serverId, { during, act: 'shelved', change, besides }, cause)
}

/**
 * One that was shelved leaves its host. There is no way back once its disk is gone, so nothing is undone: whatever is left of it on the host's
 * side is healed by those who look for such things.
 */
export const offloadServer = task<Asked, TaskRooms>('server.shelve-offload')
  .stepOn('free the host', leaveHost)
  .onDone(({ serverId }, rooms, { cause }) =>
    settle(rooms, serverId, { during: ['shelving_offloading'], act: 'offloaded', change: () => offloaded }, cause),
  )
  .onUndone(stayOrGo)

async function leaveHost({ serverId }: Asked, rooms: TaskRooms, { cause }: Turn) {
  const server = await mustRun(rooms.store, serverId)
  await rooms.hypervisors.destroy(server.host, serverId, cause)
  await rooms.scheduling.release(serverId, cause)
  const ports = server.nics.map(({ portId }) => portId)
  if (ports.length > 0) await rooms.network?.ports.unbind(ports, cause)
  return { host: server.host }
}

/** Where the guest is gone the server has left its host, whatever else could not be done. */
async function stayOrGo({ serverId }: Asked, rooms: TaskRooms, { cause, fault }: Turn & { fault: Fault }): Promise<void> {
  const server = await rooms.store.findUnchecked(serverId)
  if (!server) return
  const { host } = server
  const isOff = host !== null && (await isGone(rooms.hypervisors, server, cause))
  // Its files may be there still, and nobody looks for them once it has no host.
  if (isOff) await rooms.hypervisors.destroy(host, serverId, cause)
  const change = (): Partial<Server> => ({ ...(isOff ? offloaded : {}), fault: faultOf(fault, iso(rooms.clock)) })
  const failure = { message: fault.message, host: fault.host }
  await settle(rooms, serverId, { during: ['shelving_offloading'], act: 'failed', failure, change }, cause)
}

export interface UnshelveWish extends Asked {
  /** Where it shall go now; absent: wherever its owner first asked for. `null`: anywhere. */
  readonly zone?: string | null | undefined
  readonly destination?: string | undefined
}
type Back = UnshelveWish & { readonly host: string; readonly node: string | null; readonly isNew: boolean }

/** A shelved server comes back to where it was, or to another host from the image it became. */
export const unshelveServer = task<UnshelveWish, TaskRooms>('server.unshelve')
  .step('choose a host', chooseHost, giveHostBack)
  .step('start the guest', startGuest, destroyGuest)
  .step('wait until its ports are wired', waitIfNew)
  .step('let the image go', dropImage)
  .onDone(setUnshelved)
  .onUndone(setFailed)

async function chooseHost({ serverId, zone, destination }: UnshelveWish, { store, scheduling }: TaskRooms, { cause }: Turn) {
  const server = await mustFind(store, serverId)
  if (server.host !== null) return { host: server.host, node: server.node, isNew: false }
  const { forced: _, wanted: __, zone: before, ...request } = server.request
  const anew = { ...server, request: { ...request, zone: zone === undefined ? before : (zone ?? undefined) } }
  const ask = askOf(anew, { host: destination })
  const { host, node } = await scheduling.claim(ask, cause)
  return { host, node, isNew: true }
}
async function giveHostBack({ serverId, isNew }: Partial<Back> & Asked, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  if (isNew) await scheduling.release(serverId, cause)
}

async function startGuest({ serverId, host, isNew }: Back, rooms: TaskRooms, { cause, ...turn }: Turn) {
  const server = await mustFind(rooms.store, serverId)
  const nics = await rewire(server, host, rooms, { ...turn, cause })
  if (!isNew) {
    const guest = guestOf({ ...server, nics }, await imageOf(rooms.images, server))
    const { power } = await rooms.hypervisors.reboot(host, { guest, way: 'hard', graceMs: 0 }, cause)
    return { power, nics }
  }
  await move(rooms, serverId, ['unshelving'], { taskState: 'spawning' }, cause)
  const imageId = server.systemMetadata['shelved_image_id'] ?? server.imageId
  const image = await rooms.images.find(imageId)
  if (!image) throw new Refusal('not-found', `Unshelve attempted but the image ${imageId} cannot be found.`)
  const drive = server.hasConfigDrive ? await rooms.driveOf(server, {}) : undefined
  const { power } = await rooms.hypervisors.start(host, guestOf({ ...server, nics }, asGuestImage(image), drive), cause)
  return { power, nics }
}
async function destroyGuest({ serverId, host, isNew }: Back, { hypervisors }: TaskRooms, { cause }: Turn): Promise<void> {
  if (isNew) await hypervisors.destroy(host, serverId, cause)
  else await hypervisors.stop(host, serverId, 0, cause)
}

/** As Nova does: a guest that comes back to the host it was on is told of at once. */
async function waitIfNew(asked: Back, rooms: TaskRooms): Promise<void> {
  if (asked.isNew) await awaitWired(asked, rooms)
}

async function dropImage({ serverId }: Asked, { store, keeper }: TaskRooms, { cause }: Turn): Promise<void> {
  const id = (await mustFind(store, serverId)).systemMetadata['shelved_image_id']
  if (id !== undefined) await keeper?.delete(id, cause)
}

type Up = Back & Pick<Server, 'nics'> & { readonly power: Server['powerState'] }

async function setUnshelved({ serverId, host, node, isNew, zone, power, nics }: Up, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const availabilityZone = await rooms.zoneOf(host)
  const change = ({ systemMetadata, request, launchedAt }: Server): Partial<Server> => {
    const { shelved_at: _, shelved_image_id: __, shelved_host: ___, ...rest } = systemMetadata
    const pinned = zone === undefined ? request.zone : (zone ?? undefined)
    return {
      ...{ vmState: 'active', powerState: power, host, node, availabilityZone, nics, systemMetadata: rest, fault: null },
      ...{ request: { ...request, zone: pinned }, launchedAt: isNew ? iso(rooms.clock) : launchedAt },
    }
  }
  await settle(rooms, serverId, { during: ['unshelving', 'spawning'], act: 'unshelved', change }, cause)
}

/** It is shelved as before. */
async function setFailed(asked: Asked, rooms: TaskRooms, turn: Turn & { fault: Fault }): Promise<void> {
  await fallBack(rooms, asked, turn, ['unshelving', 'spawning'])
}
