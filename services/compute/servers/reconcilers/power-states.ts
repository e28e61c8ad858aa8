import type { GuestReport } from '@kilonova/hypervisor/contract/messages.ts'
import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { VmState } from '../states.ts'
import type { ServerStore } from '../store.ts'

export interface Rooms {
  readonly store: Pick<ServerStore, 'listOnHost' | 'listAmong' | 'findUnchecked' | 'update'>
  readonly write: Write
  readonly hypervisors: {
    state(host: string, uuid: string, cause: Cause): Promise<GuestState>
    facts(host: string, cause: Cause): Promise<Pick<HostFacts, 'bootedAt'>>
  }
  /** Servers that ran when their host went down are started again. */
  readonly resumes: () => boolean
  readonly labours: Labours
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/** What is written down as work, in the transaction that says so of the server. */
export interface Labours {
  /** A guest that runs though its server is off. */
  turnOff(tx: Transaction, server: Server, cause: Cause): Promise<void>
  /** A guest that ran until its host went down. */
  turnOn(tx: Transaction, server: Server, cause: Cause): Promise<void>
  /** A guest that shut itself down, and is to be gone when it does. */
  delete(tx: Transaction, server: Server, cause: Cause): Promise<void>
}

export type Power = GuestState['power'] | 'gone'

/** What becomes of a server whose guest does what nobody asked it to. */
export type Fate = { readonly change: Partial<Server>; readonly work?: keyof Labours; readonly why: string }

/**
 * Makes servers say what their guests do: one that shut itself down, was turned on by hand or vanished. A report may be late, so it only says where
 * to look; each guest is asked about again, and what it is holds when nothing was done to its server meanwhile.
 */
export async function syncPowerStates({ host, complete, guests }: GuestReport, rooms: Rooms, cause: Cause): Promise<void> {
  const { store, hypervisors, log } = rooms
  const reported = new Map(guests.map(({ uuid, power }) => [uuid, power]))
  // Most reports are of one guest: then the others of its host need not be read.
  const concerned = complete ? await store.listOnHost(host) : await store.listAmong([...reported.keys()])
  const suspects = concerned.filter(server => {
    if (server.host !== host) return false
    const power = reported.get(server.id) ?? (complete ? 'gone' : undefined)
    return power !== undefined && fateOf(server, power) !== undefined
  })
  const bootedAt = suspects.some(mayResume) && rooms.resumes() ? await bootOf(host, rooms, cause) : undefined
  for (const server of suspects) {
    const power = await hypervisors.state(host, server.id, cause).then(
      state => state.power,
      error => {
        if (error instanceof Refusal && error.kind === 'not-found') return 'gone' as const
        log.warn('a guest could not be looked at', { ...causeFields(cause), instance_id: server.id, host, error })
        return undefined
      },
    )
    if (power !== undefined) await settle(server, { power, bootedAt }, rooms, cause)
  }
}

/** Nothing is known of the host's boot where it does not answer: then its guests are what they are. */
async function bootOf(host: string, { hypervisors, log }: Pick<Rooms, 'hypervisors' | 'log'>, cause: Cause): Promise<string | undefined> {
  return hypervisors.facts(host, cause).then(
    ({ bootedAt }) => bootedAt,
    error => {
      log.warn('a host could not be asked when it was started', { ...causeFields(cause), host, error })
      return undefined
    },
  )
}

/** What a guest is, and since when its host runs, where that counts. */
interface Sight {
  readonly power: Power
  readonly bootedAt: string | undefined
}

async function settle(
  { id, updatedAt, host }: Server,
  { power, bootedAt }: Sight,
  { store, write, labours, clock, log }: Rooms,
  cause: Cause,
) {
  await write(cause, async tx => {
    const server = await store.findUnchecked(id, tx.read)
    const fate = server?.updatedAt === updatedAt ? fateOf(server, power, bootedAt) : undefined
    if (!server || !fate) return
    log.warn(`a server follows its guest: ${fate.why}`, { ...causeFields(cause), instance_id: id, host })
    const next = { ...server, ...fate.change, updatedAt: new Date(clock.now()).toISOString() }
    await store.update(tx, next, fate.change.vmState ?? 'seen')
    if (fate.work) await labours[fate.work](tx, next, cause)
  })
}

const off: readonly Power[] = ['shutdown', 'crashed']
const onItsWay: readonly VmState[] = ['building', 'soft-delete', 'deleted', 'shelved_offloaded']

/**
 * Nothing, when the guest is as its server says, or somebody is at work on it. OpenStack's rules; but where they leave a server ACTIVE whose guest is
 * gone, ours is stopped: starting it makes the guest again.
 */
export function fateOf(server: Server, power: Power, bootedAt?: string): Fate | undefined {
  const { vmState, taskState, isDeleted, dropsAtShutdown } = server
  if (taskState !== null || isDeleted || onItsWay.includes(vmState)) return undefined
  const powerState = power === 'gone' ? 'nostate' : power
  const runs = vmState === 'active' || vmState === 'paused'
  // Nothing was done to it since its host was started: it did not end by itself.
  if (bootedAt !== undefined && mayResume(server) && wasOff(power) && server.updatedAt < bootedAt)
    return { change: { powerState, taskState: 'rebooting_hard' }, work: 'turnOn', why: 'its host was started anew' }
  if (runs && off.includes(power) && dropsAtShutdown)
    return { change: { powerState, taskState: 'deleting' }, work: 'delete', why: 'it shut itself down, and goes' }
  if (runs && off.includes(power)) return { change: { powerState, vmState: 'stopped' }, why: 'it shut itself down' }
  if (runs && power === 'gone') return { change: { powerState, vmState: 'stopped' }, why: 'it is gone from its host' }
  if (vmState === 'active' && power === 'suspended') return { change: { powerState, vmState: 'stopped' }, why: 'it was suspended by hand' }
  if (vmState === 'stopped' && (power === 'running' || power === 'paused'))
    return { change: { powerState, taskState: 'powering-off' }, work: 'turnOff', why: 'it runs though it is to be off' }
  return powerState === server.powerState || isQuiet(vmState, power) ? undefined : { change: { powerState }, why: `it is ${powerState}` }
}

const mayResume = ({ vmState, powerState }: Server) => vmState === 'active' && powerState === 'running'
const wasOff = (power: Power) => power === 'gone' || off.includes(power)

/** A suspended guest is off on its host, whatever its server is said to be. */
const isQuiet = (vmState: VmState, power: Power) => vmState === 'suspended' && (off.includes(power) || power === 'suspended')
