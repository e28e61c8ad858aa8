import type { DiskOffer } from '@kilonova/hypervisor/contract/transfers.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Flavor } from '../../flavors/flavor.ts'
import { askOf } from '../../scheduler/scheduler/ask.ts'
import type { ServerMigration } from '../../server-migrations/server-migration.ts'
import type { Transaction } from '../../tables.ts'
import type { Server } from '../server.ts'
import { graceOf, guestOf, imageOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, faultOf, iso, move, mustRun, settle, truth } from './settle.ts'
import { rewire, rewireBack } from './wire.ts'

export interface ResizeWish extends Asked {
  /** Under it the old host is held until the end. */
  readonly moveId: string
  readonly sourceHost: string
  readonly sourceNode: string | null
  readonly flavor: Flavor
  /** Hosts that will not do. */
  readonly ignoredHosts: readonly string[]
  /** The only one that will. */
  readonly destination?: string | undefined
}
interface Placed extends ResizeWish {
  readonly host: string
  readonly node: string
}
interface Prepared extends Placed {
  readonly offer?: DiskOffer | undefined
}

/**
 * A server gets another size, on its host or another. The old claim is kept under the move's id, and the old disks as they are, until its owner
 * has confirmed or reverted it.
 */
export const resizeServer = task<ResizeWish, TaskRooms>('server.resize')
  .step('keep the old claim apart', keepClaim, takeClaimBack)
  .step('choose a host', chooseHost, giveHostBack)
  .step('turn the guest off and keep its disks', prepare, bringBack)
  .step('give the guest its new size', finish, destroyCopy)
  .onDone(setResized)
  .onUndone(setFailed)

async function keepClaim({ serverId, moveId }: ResizeWish, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.moveClaim(serverId, moveId, cause)
}
async function takeClaimBack({ serverId, moveId }: ResizeWish, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.moveClaim(moveId, serverId, cause)
}

async function chooseHost(wish: ResizeWish, rooms: TaskRooms, { cause }: Turn) {
  const { serverId, moveId, flavor, ignoredHosts, destination } = wish
  const server = await mustRun(rooms.store, serverId)
  const { wanted: _, forced: __, ...kept } = server.request
  const ask = askOf({ ...server, request: kept }, { flavor, host: destination, ignoredHosts })
  const { host, node } = await rooms.scheduling.claim(ask, cause)
  const { hostIp: destAddress } = await rooms.hypervisors.facts(host, cause)
  await noteMove(rooms, moveId, { status: 'migrating', destHost: host, destNode: node, destAddress }, 'begun', { cause })
  return { host, node }
}
async function giveHostBack({ serverId }: ResizeWish, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.release(serverId, cause)
}

async function prepare({ serverId, moveId, sourceHost, host, was }: Placed, rooms: TaskRooms, { cause }: Turn) {
  await move(rooms, serverId, ['resize_prep'], { taskState: 'resize_migrating' }, cause)
  const graceMs = was === 'active' ? graceOf(await mustRun(rooms.store, serverId), rooms) : 0
  const { offer } = await rooms.hypervisors.prepareResize(
    sourceHost,
    { uuid: serverId, graceMs, elsewhere: host !== sourceHost, resize: await numberOf(moveId, rooms) },
    cause,
  )
  return offer ? { offer } : {}
}
async function bringBack({ serverId, moveId, sourceHost, was }: ResizeWish, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await mustRun(rooms.store, serverId)
  const guest = guestOf(server, await imageOf(rooms.images, server))
  await rooms.hypervisors.revertResize(
    sourceHost,
    { guest, power: was === 'stopped' ? 'off' : 'on', resize: await numberOf(moveId, rooms) },
    cause,
  )
}

async function finish(asked: Prepared, rooms: TaskRooms, { cause, ...turn }: Turn) {
  const { serverId, sourceHost, host, flavor, was, offer } = asked
  await move(rooms, serverId, ['resize_migrating', 'resize_migrated'], { taskState: 'resize_finish' }, cause)
  const server = await mustRun(rooms.store, serverId)
  const nics = host === sourceHost ? server.nics : await rewire(server, host, rooms, { ...turn, cause })
  const guest = guestOf({ ...server, flavor, nics }, await imageOf(rooms.images, server))
  const { power } = await rooms.hypervisors.finishResize(host, { guest, power: was === 'stopped' ? 'off' : 'on', offer }, cause)
  return { power, nics }
}
async function destroyCopy({ serverId, sourceHost, host }: Placed, rooms: TaskRooms, { cause, ...turn }: Turn): Promise<void> {
  if (host === sourceHost) return
  await rooms.hypervisors.destroy(host, serverId, cause)
  await rewireBack(await mustRun(rooms.store, serverId), sourceHost, rooms, { ...turn, cause })
}

type Finished = Placed & Pick<Server, 'nics'> & { readonly power: Server['powerState'] }

async function setResized(asked: Finished, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { serverId, moveId, flavor, host, node, was, power, nics } = asked
  const availabilityZone = await rooms.zoneOf(host)
  const change = (server: Server): Partial<Server> => ({
    ...{ vmState: 'resized', powerState: power, progress: 100, host, node, availabilityZone, nics, launchedAt: iso(rooms.clock) },
    ...{ flavor, oldFlavor: server.flavor, newFlavor: flavor, systemMetadata: { ...server.systemMetadata, old_vm_state: was } },
  })
  const besides = (tx: Transaction) => writeMove(tx, rooms, moveId, { status: 'finished' }, 'finished')
  await settle(rooms, serverId, { during, act: 'resized', change, besides }, cause)
}

async function setFailed(asked: ResizeWish, rooms: TaskRooms, { cause, fault }: Turn & { fault: Fault }): Promise<void> {
  const { serverId, moveId, was, sourceHost } = asked
  const { power } = await rooms.hypervisors.state(sourceHost, serverId, cause).catch(() => ({ power: 'unknown' as const }))
  const change = (): Partial<Server> => ({ ...truth(was, power), fault: faultOf(fault, iso(rooms.clock)) })
  const besides = (tx: Transaction) => writeMove(tx, rooms, moveId, { status: 'error' }, 'failed')
  await settle(rooms, serverId, { during, act: 'failed', failure: { message: fault.message, host: fault.host }, change, besides }, cause)
}

const during = ['resize_prep', 'resize_migrating', 'resize_migrated', 'resize_finish'] as const

async function noteMove(rooms: TaskRooms, id: string, change: Partial<ServerMigration>, act: string, { cause }: Pick<Turn, 'cause'>) {
  await rooms.write(cause, tx => writeMove(tx, rooms, id, change, act))
}

/** Hosts know a server's resizes apart by their numbers: each is higher than those before. */
export async function numberOf(moveId: string, { moves }: Pick<TaskRooms, 'moves'>): Promise<number> {
  const move = await moves.find(moveId)
  if (!move) throw new Refusal('not-found', `Migration ${moveId} could not be found.`)
  return move.number
}

export async function writeMove(
  tx: Transaction,
  { moves, clock }: Pick<TaskRooms, 'moves' | 'clock'>,
  id: string,
  change: Partial<ServerMigration>,
  act: string,
): Promise<void> {
  const found = await moves.find(id, tx.read)
  if (found) await moves.update(tx, { ...found, ...change, updatedAt: iso(clock) }, act)
}
