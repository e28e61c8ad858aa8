import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Server } from '../server.ts'
import { asGuestImage, graceOf, guestOf } from './guest.ts'
import { noteFailedMove } from './forget-failed-move.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, faultOf, iso, mustRun, settle } from './settle.ts'
import { awaitWired, rewire } from './wire.ts'

export interface RebuildWish extends Asked {
  /** What it was made from before, should the new image not do. */
  readonly before: Pick<Server, 'imageId' | 'systemMetadata'>
  /** For the drive alone. */
  readonly adminPass?: string | undefined
}

export const rebuildServer = task<RebuildWish, TaskRooms>('server.rebuild')
  .step('make the guest’s disks anew', makeAnew)
  .step('wait until its ports are wired', waitIfOn)
  .onDone(setRebuilt)
  .onUndone(setToError)

async function makeAnew({ serverId, was, adminPass }: RebuildWish, rooms: TaskRooms, turn: Turn) {
  const { cause } = turn
  const server = await mustRun(rooms.store, serverId)
  const image = await rooms.images.find(server.imageId)
  if (!image) throw new Refusal('not-found', `Image ${server.imageId} could not be found.`)
  const nics = await rewire(server, server.host, rooms, turn)
  const drive = server.hasConfigDrive ? await rooms.driveOf(server, { adminPassword: adminPass }) : undefined
  const power = was === 'stopped' ? ('off' as const) : ('on' as const)
  const asked = {
    guest: guestOf({ ...server, nics }, asGuestImage(image), drive),
    power,
    graceMs: was === 'active' ? graceOf(server, rooms) : 0,
  }
  const made = await rooms.hypervisors.rebuild(server.host, asked, cause)
  return { host: server.host, power: made.power, nics }
}

/** Nobody plugs in a guest that stays off. */
async function waitIfOn(asked: RebuildWish, rooms: TaskRooms): Promise<void> {
  if (asked.was !== 'stopped') await awaitWired(asked, rooms)
}

type Made = RebuildWish & Pick<Server, 'nics'> & { readonly power: Server['powerState'] }

async function setRebuilt(asked: Made, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { serverId, was, power, nics } = asked
  const vmState = was === 'stopped' ? 'stopped' : 'active'
  const change = () => ({ vmState, powerState: power, nics, progress: 100, launchedAt: iso(rooms.clock), fault: null }) as const
  await settle(rooms, serverId, { during, act: 'rebuilt', change, besides: tx => noteFailedMove(tx, asked, rooms, cause) }, cause)
}

/** What disks it has nobody knows but the host: it is what it was made from before, and its owner may try again. */
async function setToError({ serverId, before }: RebuildWish, rooms: TaskRooms, { cause, fault }: Turn & { fault: Fault }): Promise<void> {
  const failure = { message: fault.message, host: fault.host }
  const change = () => ({ ...before, vmState: 'error', fault: faultOf(fault, iso(rooms.clock)) }) as const
  await settle(rooms, serverId, { during, act: 'failed', failure, change }, cause)
}

const during = ['rebuilding', 'rebuild_block_device_mapping', 'rebuild_spawning'] as const
