import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Server } from '../server.ts'
import { chooseHost, giveHostBack } from './choose-host.ts'
import { asGuestImage, guestOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import { faultOf, iso, mustFind } from './settle.ts'
import { isTriedElsewhere, nextTry, type Tried, withTried } from './try-elsewhere.ts'
import { awaitWired, unwire, wire } from './wire.ts'

/** Half an hour: a first boot on a slow host copies and converts an image of many gigabytes. */
export const bootDeadlineMs = 1_800_000

export interface BootWish extends Tried {
  readonly serverId: string
  /** For the drive alone: nowhere else is it kept. */
  readonly adminPass?: string | undefined
}
type Placed = BootWish & { readonly host: string; readonly node: string }

export const bootServer = task<BootWish, TaskRooms>('server.boot')
  .step('choose a host', chooseHost, giveHostBack)
  .step('wire the network', wire, unwire)
  .step('start the guest', startGuest, destroyGuest)
  .step('wait until its ports are wired', awaitWired)
  .onDone(setActive)
  .onUndone(setToError)

async function startGuest({ serverId, host, node, adminPass }: Placed, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { store, write, hypervisors, images, actions, driveOf, zoneOf, clock } = rooms
  const server = await mustFind(store, serverId)
  const image = await images.find(server.imageId)
  if (!image) throw new Refusal('not-found', `Image ${server.imageId} could not be found.`)
  const availabilityZone = await zoneOf(host)
  const placed = await write(cause, async tx => {
    const found = await mustFind(store, serverId, tx.read)
    // Who stood still for long may find that another conductor has finished the work.
    if (found.vmState !== 'building') throw new Refusal('conflict', `Instance ${serverId} is ${found.vmState} already.`)
    if (found.taskState === 'deleting') throw new Refusal('conflict', `Instance ${serverId} is being deleted.`)
    const next: Server = { ...found, host, node, availabilityZone, taskState: 'spawning', updatedAt: iso(clock) }
    await store.update(tx, next, 'scheduled')
    await actions.next(tx, serverId, { event: 'compute__do_build_and_run_instance', host }, cause)
    return next
  })
  const drive = placed.hasConfigDrive ? await driveOf(placed, { adminPassword: adminPass }) : undefined
  await hypervisors.start(host, guestOf(placed, asGuestImage(image), drive), cause)
}

async function destroyGuest({ serverId, host }: Placed, { hypervisors }: TaskRooms, { cause }: Turn): Promise<void> {
  await hypervisors.destroy(host, serverId, cause)
}

async function setActive({ serverId }: BootWish, { store, write, actions, clock }: TaskRooms, { cause }: Turn): Promise<void> {
  await write(cause, async tx => {
    const now = iso(clock)
    const server = await mustFind(store, serverId, tx.read)
    if (server.vmState !== 'building') return
    // One that is to be deleted stays so: its deletion waits for this to end.
    const taskState = server.taskState === 'deleting' ? 'deleting' : null
    const { files: _, ...request } = server.request
    const launched: Server = {
      ...{ ...server, request, vmState: 'active', taskState, powerState: 'running', progress: 100, launchedAt: now, updatedAt: now },
    }
    await store.update(tx, launched, 'launched')
    await actions.end(tx, serverId, cause)
  })
}

async function setToError(wish: BootWish & Partial<Placed>, rooms: TaskRooms, { cause, fault }: Turn & { fault: Fault }): Promise<void> {
  const { store, write, actions, clock, burial } = rooms
  const { serverId } = wish
  await write(cause, async tx => {
    const now = iso(clock)
    const server = await store.findUnchecked(serverId, tx.read)
    // The next boot ends what was asked for.
    if (server && isTriedElsewhere(server, wish)) return
    // Deleted before its turn came: what was asked for has ended all the same.
    if (server?.vmState !== 'building') return actions.end(tx, serverId, cause, fault)
    const next = server.taskState === 'deleting' ? undefined : nextTry(server, wish, fault, rooms.mostAttempts())
    if (next) {
      await store.update(tx, { ...next.onTheWay, updatedAt: now }, 'rescheduled')
      return rooms.bootAgain(tx, { serverId, adminPass: wish.adminPass, tried: next.tried }, cause)
    }
    await actions.end(tx, serverId, cause, fault)
    if (server.taskState === 'deleting') return
    const told = faultOf(withTried(fault, wish), now)
    const failed: Server = { ...server, nics: [], vmState: 'error', taskState: null, updatedAt: now, fault: told }
    await store.update(tx, failed, 'failed')
  })
  await bury(serverId, { store, write, burial }, cause)
}

/**
 * A server that failed before it had a host moves to cell0. It is there before it goes here, so that who looks finds it at every moment; one
 * whose deletion was asked for meanwhile stays, and its copy is forgotten.
 */
async function bury(
  serverId: string,
  { store, write, burial }: Pick<TaskRooms, 'store' | 'write' | 'burial'>,
  cause: Cause,
): Promise<void> {
  const isDead = (server: Server) => !server.isDeleted && server.vmState === 'error' && server.taskState === null && server.host === null
  const here = await store.findEvenDeletedUnchecked(serverId)
  if (here && isDead(here))
    await burial.write(cause, async tx => {
      if (!(await burial.store.findEvenDeletedUnchecked(serverId, tx.read))) await burial.store.keepMoved(tx, here)
    })
  // Who comes back to this after a failure may find it half done, or the server doomed meanwhile.
  const isMoved = await write(cause, async tx => {
    const now = await store.findEvenDeletedUnchecked(serverId, tx.read)
    if (now && !isDead(now)) return false
    if (now) await store.forgetMoved(tx, serverId)
    return true
  })
  if (isMoved) await burial.moved(serverId, cause)
  else if (await burial.store.findEvenDeletedUnchecked(serverId))
    await burial.write(cause, async tx => void (await burial.store.forgetMoved(tx, serverId)))
}
