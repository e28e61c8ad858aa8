import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Flavor } from '../../flavors/flavor.ts'
import type { Transaction } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { TaskState, VmState } from '../states.ts'
import { guestOf, imageOf } from './guest.ts'
import { numberOf, writeMove } from './resize.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, faultOf, isGone, iso, move, mustRun, settle } from './settle.ts'
import { rewire } from './wire.ts'

export interface EndWish extends Asked {
  readonly moveId: string
  readonly sourceHost: string
  readonly sourceNode: string | null
  readonly oldFlavor: Flavor
  /** What it was before it was resized. */
  readonly before: VmState
}

/** The new size stays: what was kept of the old is gone. */
export const confirmResize = task<EndWish, TaskRooms>('server.confirm-resize')
  .stepOn('drop the old disks', dropOld)
  .stepOn('give the old host back', releaseOld)
  .onDone((asked, rooms, { cause }) => end(rooms, asked, confirmed(asked), cause))
  .onUndone((asked, rooms, turn) => fail(rooms, asked, turn, ['resize_confirming']))

async function dropOld({ serverId, moveId, sourceHost }: EndWish, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { host } = await mustRun(rooms.store, serverId)
  await rooms.hypervisors.confirmResize(
    sourceHost,
    { uuid: serverId, elsewhere: host !== sourceHost, resize: await numberOf(moveId, rooms) },
    cause,
  )
}

async function releaseOld({ moveId }: EndWish, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.release(moveId, cause)
}

/** The old size comes back, with the old disks. */
export const revertResize = task<EndWish, TaskRooms>('server.revert-resize')
  .stepOn('take the guest off its new host', takeOff)
  .stepOn('give the guest its old size', bringBack)
  .stepOn('take the old claim back', takeClaimBack)
  .onDone((asked, rooms, { cause }) => end(rooms, asked, reverted(asked), cause))
  .onUndone(stayOrReturn)

/** From then on it is where it came from, whatever becomes of it there: who deletes it must find it. */
async function takeOff({ serverId, sourceHost, sourceNode }: EndWish, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { host } = await mustRun(rooms.store, serverId)
  if (host === sourceHost) return
  const destroy = () => rooms.hypervisors.destroy(host, serverId, cause)
  await destroy().catch(async error => {
    // Files may be in use for a moment longer than the guest is there.
    if (!(await isGone(rooms.hypervisors, { id: serverId, host }, cause))) throw error
    await destroy()
  })
  await move(rooms, serverId, ['resize_reverting'], { host: sourceHost, node: sourceNode }, cause)
}

async function bringBack({ serverId, moveId, sourceHost, oldFlavor, before }: EndWish, rooms: TaskRooms, { cause, ...turn }: Turn) {
  const server = await mustRun(rooms.store, serverId)
  const isElsewhere = (await rooms.moves.find(moveId))?.destHost !== sourceHost
  const resize = await numberOf(moveId, rooms)
  const nics = isElsewhere ? await rewire(server, sourceHost, rooms, { ...turn, cause }) : server.nics
  const guest = guestOf({ ...server, flavor: oldFlavor, nics }, await imageOf(rooms.images, server))
  const { power } = await rooms.hypervisors.revertResize(sourceHost, { guest, power: before === 'stopped' ? 'off' : 'on', resize }, cause)
  return { power, nics }
}

async function takeClaimBack({ serverId, moveId }: EndWish, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.moveClaim(moveId, serverId, cause)
}

interface Ending {
  readonly during: readonly TaskState[]
  readonly act: string
  readonly change: (server: Server, zone: string) => Partial<Server>
  readonly status: 'confirmed' | 'reverted'
}

const confirmed = ({ before }: EndWish): Ending => ({
  ...{ during: ['resize_confirming'], act: 'confirmed', status: 'confirmed' },
  change: server => ({ ...plain(server), vmState: before === 'stopped' && server.powerState !== 'running' ? 'stopped' : 'active' }),
})

const reverted = (asked: EndWish & { readonly power?: Server['powerState']; readonly nics?: Server['nics'] }): Ending => ({
  ...{ during: ['resize_reverting'], act: 'reverted', status: 'reverted' },
  change: (server, availabilityZone) => ({
    ...{ ...plain(server), flavor: asked.oldFlavor, host: asked.sourceHost, node: asked.sourceNode, availabilityZone },
    ...{ nics: asked.nics ?? server.nics, powerState: asked.power ?? server.powerState },
    vmState: asked.before === 'stopped' ? 'stopped' : 'active',
  }),
})

const plain = (server: Server): Pick<Server, 'oldFlavor' | 'newFlavor' | 'systemMetadata'> => {
  const { old_vm_state: _, ...systemMetadata } = server.systemMetadata
  return { oldFlavor: null, newFlavor: null, systemMetadata }
}

async function end(rooms: TaskRooms, asked: EndWish, { during, act, change, status }: Ending, cause: Turn['cause']): Promise<void> {
  const zone = await rooms.zoneOf(asked.sourceHost)
  const besides = (tx: Transaction) => writeMove(tx, rooms, asked.moveId, { status }, status)
  await settle(rooms, asked.serverId, { during, act, change: server => change(server, zone), besides }, cause)
}

/** Where its guest is gone from the new host, all that there is of it is what was kept on the old one. */
async function stayOrReturn(asked: EndWish, rooms: TaskRooms, turn: Turn & { fault: Fault }): Promise<void> {
  const server = await rooms.store.findUnchecked(asked.serverId)
  const isBack = server !== undefined && (await isGone(rooms.hypervisors, server, turn.cause))
  await fail(rooms, asked, turn, ['resize_reverting'], isBack ? { host: asked.sourceHost, node: asked.sourceNode } : {})
}

/** Half of it may have been done: only somebody who looks can tell, and what is still kept stays kept. */
async function fail(
  rooms: TaskRooms,
  asked: EndWish,
  { cause, fault }: Turn & { fault: Fault },
  during: readonly TaskState[],
  place: Partial<Pick<Server, 'host' | 'node'>> = {},
): Promise<void> {
  const change = (): Partial<Server> => ({ ...place, vmState: 'error', fault: faultOf(fault, iso(rooms.clock)) })
  const besides = (tx: Transaction) => writeMove(tx, rooms, asked.moveId, { status: 'error' }, 'failed')
  const failure = { message: fault.message, host: fault.host }
  await settle(rooms, asked.serverId, { during, act: 'failed', failure, change, besides }, cause)
}
