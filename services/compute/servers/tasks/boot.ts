import type { Guest, GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { guestName } from '@kilonova/hypervisor/contract/guest.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { HypervisorClient } from '../../clients/hypervisor.ts'
import type { Images } from '../../clients/images.ts'
import type { Write } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { ServerStore } from '../store.ts'

/** What the labours of servers are done with. */
export interface TaskRooms {
  readonly store: ServerStore
  readonly write: Write
  readonly hypervisors: HypervisorClient
  readonly images: Images
  /** The hosts of this cell, by name. */
  readonly hosts: readonly string[]
  readonly clock: Pick<Clock, 'now'>
  /** Where servers are kept that never found a host. */
  readonly burial: Burial
}

export interface Burial {
  readonly store: ServerStore
  readonly write: Write
  /** Says that the server is in the cell without hosts from now on. */
  moved(serverId: string, cause: Cause): Promise<unknown>
}

interface Asked {
  readonly serverId: string
}

export const bootServer = task<Asked, TaskRooms>('server.boot')
  .step('choose a host', chooseHost)
  .step('start the guest', startGuest, destroyGuest)
  .onDone(setActive)
  .onUndone(setToError)

async function chooseHost({ serverId }: Asked, { store, hypervisors, hosts }: TaskRooms, { cause }: Turn): Promise<{ host: string }> {
  const server = await mustFind(store, serverId)
  const reasons: string[] = []
  for (const host of hosts) {
    const facts = await hypervisors.facts(host, cause).catch((error: Error) => error)
    if (facts instanceof Error) reasons.push(`${host}: ${facts.message}`)
    else if (facts.memoryMb < server.flavor.memoryMb)
      reasons.push(`${host}: ${facts.memoryMb} MiB of memory, ${server.flavor.memoryMb} MiB wanted`)
    else if (facts.vcpus < server.flavor.vcpus) reasons.push(`${host}: ${facts.vcpus} processors, ${server.flavor.vcpus} wanted`)
    else return { host }
  }
  throw new Refusal('conflict', `No valid host was found. ${reasons.join('; ') || 'There is no host.'}`)
}

async function startGuest({ serverId, host }: Asked & { host: string }, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const { store, write, hypervisors, images, clock } = rooms
  const server = await mustFind(store, serverId)
  const image = await images.find(server.imageId)
  if (!image) throw new Refusal('not-found', `Image ${server.imageId} could not be found.`)
  await write(cause, async tx => {
    const found = await mustFind(store, serverId, tx.read)
    // Who stood still for long may find that another conductor has finished the work.
    if (found.vmState !== 'building') throw new Refusal('conflict', `Instance ${serverId} is ${found.vmState} already.`)
    if (found.taskState === 'deleting') throw new Refusal('conflict', `Instance ${serverId} is being deleted.`)
    await store.update(tx, { ...found, host, taskState: 'spawning', updatedAt: iso(clock) }, 'scheduled')
  })
  await hypervisors.start(host, guestOf(server, image), cause)
}

async function destroyGuest({ serverId, host }: Asked & { host: string }, { hypervisors }: TaskRooms, { cause }: Turn): Promise<void> {
  await hypervisors.destroy(host, serverId, cause)
}

async function setActive({ serverId }: Asked, { store, write, clock }: TaskRooms, { cause }: Turn): Promise<void> {
  await write(cause, async tx => {
    const now = iso(clock)
    const server = await mustFind(store, serverId, tx.read)
    if (server.vmState !== 'building') return
    // One that is to be deleted stays so: its deletion waits for this to end.
    const taskState = server.taskState === 'deleting' ? 'deleting' : null
    const launched: Server = { ...server, vmState: 'active', taskState, powerState: 'running', launchedAt: now, updatedAt: now }
    await store.update(tx, launched, 'launched')
  })
}

async function setToError(
  { serverId }: Asked,
  { store, write, clock, burial }: TaskRooms,
  { cause, fault }: Turn & { fault: Fault },
): Promise<void> {
  await write(cause, async tx => {
    const now = iso(clock)
    const server = await store.findUnchecked(serverId, tx.read)
    if (server?.vmState !== 'building' || server.taskState === 'deleting') return
    const details = `The step “${fault.step}” failed on ${fault.host}: ${fault.message}`
    const failed: Server = {
      ...server,
      vmState: 'error',
      taskState: null,
      updatedAt: now,
      fault: { code: 500, message: fault.message, details, createdAt: now },
    }
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
  const isDead = (server: Server | undefined) => server?.vmState === 'error' && server.taskState === null && server.host === null
  const dead = await store.findUnchecked(serverId)
  if (!dead || !isDead(dead)) return
  await burial.write(cause, async tx => {
    if (!(await burial.store.findEvenDeletedUnchecked(serverId, tx.read))) await burial.store.keepMoved(tx, dead)
  })
  const isMoved = await write(cause, async tx => {
    if (!isDead(await store.findUnchecked(serverId, tx.read))) return false
    await store.forgetMoved(tx, serverId)
    return true
  })
  if (isMoved) await burial.moved(serverId, cause)
  else await burial.write(cause, async tx => void (await burial.store.forgetMoved(tx, serverId)))
}

async function mustFind(store: ServerStore, id: string, from?: Parameters<ServerStore['findUnchecked']>[1]): Promise<Server> {
  const server = await store.findUnchecked(id, from)
  if (!server) throw new Refusal('not-found', `Instance ${id} could not be found.`)
  return server
}

const iso = (clock: Pick<Clock, 'now'>) => new Date(clock.now()).toISOString()

/** The guest a server is on its host. */
const guestOf = (server: Server, image: GuestImage): Guest => ({
  uuid: server.id,
  name: guestName(server.number),
  displayName: server.name,
  memoryMb: server.flavor.memoryMb,
  vcpus: server.flavor.vcpus,
  diskGb: server.flavor.diskGb,
  image,
  nics: [],
  origin: {
    createdAt: server.createdAt,
    flavor: { name: server.flavor.name, swapMb: server.flavor.swapMb, ephemeralGb: server.flavor.ephemeralGb },
    user: { id: server.userId, name: server.userId },
    project: { id: server.projectId, name: server.projectId },
  },
})
