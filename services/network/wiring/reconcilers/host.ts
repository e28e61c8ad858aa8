import { applyWiring, type Heartbeat, networkAgentOf, type WiringDone } from '@kilonova/network-agent/contract/messages.ts'
import type { HostWiring } from '@kilonova/network-agent/contract/wiring.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { wiringBetween } from '../wiring/difference.ts'

export interface HostRooms {
  readonly bus: Bus
  readonly log: Log
  /** Told after each wiring, with the ports it was about. */
  readonly done: (host: string, wiring: HostWiring, done: WiringDone, cause: Cause) => Promise<void>
}

/** What one host was told last, and the telling of it. */
export interface ToldHost {
  beat: Heartbeat
  told: { readonly revision: number; readonly wiring: HostWiring } | undefined
  isTelling: boolean
  /** What it was told last may no longer be how it is to be wired. */
  isStale: boolean
}

/** A host with many networks takes a while the first time. */
const deadlineMs = 300_000

/** Tells a host what changed since it was told last, or the whole when it does not know. Says whether the host is as it should be. */
export async function tellHost(
  state: ToldHost,
  wanted: { wiring: HostWiring; revision: number },
  rooms: HostRooms,
  cause: Cause,
): Promise<boolean> {
  const { host } = state.beat
  const { wiring, revision } = wanted
  const { told } = state
  const change = told && wiringBetween(told.wiring, wiring)
  if (told && !change) return true
  const wish = told && change ? { revision, change: { since: told.revision, ...change } } : { revision, full: wiring }
  try {
    const done = await rooms.bus.ask(applyWiring, networkAgentOf(host), wish, { cause, deadlineMs })
    state.told = { revision, wiring }
    for (const { subject, reason } of done.troubles)
      rooms.log.warn('a host could not be wired whole', { ...causeFields(cause), host, subject, reason })
    await rooms.done(host, wiring, done, cause)
    return true
  } catch (error) {
    state.told = undefined
    if (error instanceof Refusal && error.kind === 'stale') return tellHost(state, wanted, rooms, cause)
    rooms.log.warn('a host could not be told its wiring', { ...causeFields(cause), host, error })
    return false
  }
}
