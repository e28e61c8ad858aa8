import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { NetworkWish, Server, ServerNic } from '../server.ts'
import { guestNicOf, guestOf, imageOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, iso, mustRun } from './settle.ts'
import { bind, nicOf, owner } from './wire.ts'

export interface AttachWish extends Asked {
  readonly wanted: NetworkWish
  /** Who asks rules the cloud: networks of other projects will do. */
  readonly seesAll: boolean
}
type Ported = AttachWish & { readonly host: string; readonly portId: string }
type Bound = Ported & { readonly nic: ServerNic }

/** A server gets one more cable, while it runs or is off. */
export const attachPort = task<AttachWish, TaskRooms>('server.attach-port')
  .step('make the port', makePort, takeBack)
  .step('bind the port to the host', bindPort)
  .step('plug the cable in', plugIn, pullAgain)
  .onDone((asked, rooms, { cause }) =>
    settleNics(rooms, asked.serverId, nics => [...without(nics, asked.portId), asked.nic], 'attached', cause),
  )
  .onUndone(noteFailure)

async function makePort({ serverId, wanted, seesAll }: AttachWish, rooms: TaskRooms, { cause, taskId }: Turn) {
  const server = await mustRun(rooms.store, serverId)
  if (server.taskState === 'deleting') throw new Refusal('conflict', `Instance ${serverId} is being deleted.`)
  const mine = { ...owner(server, await rooms.zoneOf(server.host)), securityGroups: [], seesAll }
  const { id: portId } = await networkOf(rooms).ports.add(mine, wanted, taskId, cause)
  return { host: server.host, portId }
}
async function takeBack({ serverId }: AttachWish, { network }: TaskRooms, { cause, taskId }: Turn): Promise<void> {
  await network?.ports.takeBack(serverId, taskId, cause)
}

async function bindPort({ host, portId }: Ported, rooms: TaskRooms, { cause }: Turn) {
  const [port] = await bind(networkOf(rooms), [portId], host, cause)
  if (!port) throw new Refusal('conflict', `Port ${portId} could not be found.`, { code: 'PortNotFound' })
  return { nic: nicOf(port) }
}

async function plugIn({ serverId, host, nic }: Bound, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await mustRun(rooms.store, serverId)
  await rooms.hypervisors.attachInterface(host, await plugged(server, nic, rooms), cause)
}
async function pullAgain({ serverId, host, nic }: Partial<Bound> & Asked, { hypervisors }: TaskRooms, { cause }: Turn): Promise<void> {
  if (host !== undefined && nic !== undefined)
    await hypervisors.detachInterface(host, { uuid: serverId, macAddress: nic.macAddress }, cause).catch(unlessGone)
}

export interface DetachWish extends Asked {
  readonly nic: ServerNic
}

/** A server loses one of its cables: a port that was made for it goes, one that was there before is free again. */
export const detachPort = task<DetachWish, TaskRooms>('server.detach-port')
  .step('pull the cable', pull, plugInAgain)
  .step('let the port go', letGo)
  .onDone(dropNic)
  .onUndone(keepWhatIsThere)

async function pull({ serverId, nic }: DetachWish, { store, hypervisors }: TaskRooms, { cause }: Turn) {
  const { host } = await mustRun(store, serverId)
  await hypervisors.detachInterface(host, { uuid: serverId, macAddress: nic.macAddress }, cause).catch(unlessGone)
  return { host }
}
async function plugInAgain({ serverId, nic }: DetachWish, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await mustRun(rooms.store, serverId)
  if (!(await isThere(serverId, nic, rooms))) return
  await rooms.hypervisors.attachInterface(server.host, await plugged(server, nic, rooms), cause).catch(unlessGone)
}

async function letGo({ serverId, nic }: DetachWish, { network }: TaskRooms, { cause }: Turn): Promise<void> {
  await network?.ports.deleteFor(serverId, cause, [nic.portId])
}

async function dropNic({ serverId, nic }: Omit<DetachWish, 'was'>, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  await settleNics(rooms, serverId, nics => without(nics, nic.portId), 'detached', cause)
}

/** A cable whose port others deleted: nobody waits for it, and nothing is left to come back to. */
export const dropPort = task<Omit<DetachWish, 'was'>, TaskRooms>('server.drop-port')
  .step('pull the cable', pullLost)
  .onDone(dropNic)
  .onUndone(dropNic)

async function pullLost({ serverId, nic }: Omit<DetachWish, 'was'>, { store, hypervisors }: TaskRooms, { cause }: Turn) {
  const server = await store.findUnchecked(serverId)
  if (server?.host == null || !server.nics.some(({ portId }) => portId === nic.portId)) return {}
  await hypervisors.detachInterface(server.host, { uuid: serverId, macAddress: nic.macAddress }, cause).catch(unlessGone)
  return { host: server.host }
}

/** Of a port that went all the same, though nobody heard of it, nothing is kept. */
async function keepWhatIsThere(asked: DetachWish, rooms: TaskRooms, turn: Turn & { fault: Fault }): Promise<void> {
  if (!(await isThere(asked.serverId, asked.nic, rooms))) await dropNic(asked, rooms, turn)
  await noteFailure(asked, rooms, turn)
}

const isThere = async (serverId: string, { portId }: ServerNic, { network }: Pick<TaskRooms, 'network'>): Promise<boolean> =>
  ((await network?.ports.ofServers([serverId]))?.get(serverId) ?? []).some(({ id }) => id === portId)

const plugged = async (server: Server, nic: ServerNic, { images }: Pick<TaskRooms, 'images'>) => {
  const nics = [...without(server.nics, nic.portId), nic]
  return { guest: guestOf({ ...server, nics }, await imageOf(images, server)), nic: guestNicOf(nic) }
}

const without = (nics: readonly ServerNic[], portId: string) => nics.filter(nic => nic.portId !== portId)

/** A guest that is not there has no cable, and gets those that its server has when it is made again. */
function unlessGone(error: unknown): void {
  if (!(error instanceof Refusal) || error.kind !== 'not-found') throw error
}

function networkOf({ network }: Pick<TaskRooms, 'network'>) {
  if (!network) throw new Refusal('unavailable', 'This cloud has no network service.')
  return network
}

async function settleNics(
  { store, write, actions, clock }: TaskRooms,
  serverId: string,
  turn: (nics: Server['nics']) => Server['nics'],
  act: string,
  cause: Turn['cause'],
): Promise<void> {
  await write(cause, async tx => {
    const server = await store.findUnchecked(serverId, tx.read)
    if (server) await store.update(tx, { ...server, nics: turn(server.nics), updatedAt: iso(clock) }, act)
    await actions.end(tx, serverId, cause)
  })
}

/** The server is what it was before: only its action tells that something was tried. */
async function noteFailure({ serverId }: Asked, { write, actions }: TaskRooms, { cause, fault }: Turn & { fault: Fault }): Promise<void> {
  await write(cause, tx => actions.end(tx, serverId, cause, { message: fault.message, host: fault.host }))
}
