import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Fault as TaskFault, Turn } from '@kilonova/platform/tasks/task.ts'
import type { Transaction } from '../../tables.ts'
import type { Fault, Server } from '../server.ts'
import type { TaskState, VmState } from '../states.ts'
import type { ServerStore } from '../store.ts'
import type { TaskRooms } from './rooms.ts'

/** A server on which something is done. */
export interface Asked {
  readonly serverId: string
  /** What it was when that was asked for. */
  readonly was: VmState
}

export interface Settling {
  /** What it is called meanwhile. A server in another state has been settled already, by this conductor or one that took over. */
  readonly during: readonly TaskState[]
  /** As the change log says it: 'stopped', 'resized'. */
  readonly act: string
  readonly change: (server: Server) => Partial<Server>
  readonly failure?: { readonly message: string; readonly host: string } | undefined
  /** Given what the server is from now on. */
  readonly besides?: (tx: Transaction, server: Server) => Promise<unknown>
}

type Rooms = Pick<TaskRooms, 'store' | 'write' | 'actions' | 'clock'>

/** The end of an action: what the server is now, and how the action went, in one transaction. One that is being deleted stays so. */
export async function settle(rooms: Rooms, serverId: string, { during, act, change, failure, besides }: Settling, cause: Cause) {
  const { store, write, actions, clock } = rooms
  return write(cause, async tx => {
    const server = await store.findUnchecked(serverId, tx.read)
    if (!server) return
    const isOurs = server.taskState !== null && during.includes(server.taskState)
    const isDoomed = !isOurs && (server.taskState === 'deleting' || server.taskState === 'soft-deleting')
    // What could not be undone at first is told again when it was: until then the server is in ERROR.
    const isToldAgain = failure !== undefined && server.taskState === null && server.vmState === 'error'
    // Settled already, perhaps by another labour of the same kind; what was asked for by this one has ended all the same.
    if (!isDoomed && !isOurs && !isToldAgain) return actions.end(tx, serverId, cause, failure)
    const next: Server = { ...server, taskState: null, ...change(server), updatedAt: iso(clock) }
    const kept = isDoomed ? { ...next, taskState: server.taskState } : next
    await store.update(tx, kept, act)
    await besides?.(tx, kept)
    await actions.end(tx, serverId, cause, failure)
  })
}

/** On its way from one step to the next. */
export async function move(rooms: Rooms, serverId: string, from: readonly TaskState[], change: Partial<Server>, cause: Cause) {
  const { store, write, clock } = rooms
  return write(cause, async tx => {
    const server = await mustFind(store, serverId, tx.read)
    if (server.taskState === null || !from.includes(server.taskState)) return
    const next: Server = { ...server, ...change, updatedAt: iso(clock) }
    await store.update(tx, next, next.taskState ?? 'updated')
  })
}

/**
 * The end of an action that failed: what the server is now is asked of its host. Where that is what it was before, or another state that needs
 * nobody, it is that; otherwise it is in ERROR. The fault says which step failed where, and why.
 */
export async function fallBack(
  rooms: Rooms & Pick<TaskRooms, 'hypervisors'>,
  { serverId, was }: Asked,
  { cause, fault }: Pick<Turn, 'cause'> & { fault: TaskFault },
  during: readonly TaskState[],
): Promise<void> {
  const server = await rooms.store.findUnchecked(serverId)
  if (!server) return
  const power = await powerOf(rooms.hypervisors, server, cause)
  await settle(
    rooms,
    serverId,
    {
      ...{ during, act: 'failed', failure: { message: fault.message, host: fault.host } },
      change: () => ({ ...truth(was, power), fault: faultOf(fault, iso(rooms.clock)) }),
    },
    cause,
  )
}

type Power = GuestState['power'] | 'gone' | 'unknown'

type Placed = Pick<Server, 'id' | 'host'>

async function powerOf(hypervisors: TaskRooms['hypervisors'], { id, host }: Placed, cause: Cause): Promise<Power> {
  if (host === null) return 'unknown'
  return hypervisors.state(host, id, cause).then(
    ({ power }) => power,
    error => (error instanceof Refusal && error.kind === 'not-found' ? 'gone' : 'unknown'),
  )
}

/** Its host answers, and knows no guest of it. */
export const isGone = async (hypervisors: TaskRooms['hypervisors'], server: Placed, cause: Cause): Promise<boolean> =>
  (await powerOf(hypervisors, server, cause)) === 'gone'

/** What a guest must be like for its server to be what it says. */
const powers: Readonly<Partial<Record<VmState, readonly Power[]>>> = {
  active: ['running'],
  rescued: ['running'],
  resized: ['running', 'shutdown'],
  paused: ['paused'],
  suspended: ['suspended', 'shutdown'],
  stopped: ['shutdown', 'crashed'],
  shelved: ['shutdown', 'crashed'],
  shelved_offloaded: ['gone'],
  error: ['running', 'paused', 'suspended', 'shutdown', 'crashed', 'gone'],
}
const steady: Readonly<Partial<Record<Power, VmState>>> = {
  running: 'active',
  paused: 'paused',
  suspended: 'suspended',
  shutdown: 'stopped',
}

export function truth(was: VmState, power: Power): Pick<Server, 'vmState'> & Partial<Pick<Server, 'powerState'>> {
  if (power === 'unknown') return { vmState: was }
  const powerState = power === 'gone' ? 'nostate' : power
  if (powers[was]?.includes(power)) return { vmState: was, powerState }
  const isPlain = was === 'active' || was === 'stopped' || was === 'paused' || was === 'suspended'
  return { vmState: (isPlain && steady[power]) || 'error', powerState }
}

export const faultOf = ({ step, host, message, details }: TaskFault, createdAt: string): Fault => ({
  ...{ code: 500, message, createdAt },
  details: [`The step “${step}” failed on ${host}: ${message}`, ...(details === undefined ? [] : [details])].join('\n'),
})

export async function mustFind(store: ServerStore, id: string, from?: Parameters<ServerStore['findUnchecked']>[1]): Promise<Server> {
  const server = await store.findUnchecked(id, from)
  if (!server) throw new Refusal('not-found', `Instance ${id} could not be found.`)
  return server
}

/** A server that is on a host. */
export async function mustRun(store: ServerStore, id: string): Promise<Server & { readonly host: string }> {
  const server = await mustFind(store, id)
  if (server.host === null) throw new Refusal('conflict', `Instance ${id} has no host.`)
  return { ...server, host: server.host }
}

export const iso = (clock: Pick<Clock, 'now'>) => new Date(clock.now()).toISOString()
