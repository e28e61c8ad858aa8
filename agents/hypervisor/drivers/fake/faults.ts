import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal, type RefusalKind } from '@kilonova/platform/refusal.ts'

/** The acts of a fake hypervisor that may take time or fail. */
export type Act = (typeof acts)[number]

// biome-ignore format: a table
export const acts = [
  'ensureDisks', 'removeDisks', 'settleDisks', 'renewDisks', 'removeRescue', 'keepDisks', 'copyKept', 'restoreKept', 'dropKept', 'snapshot', 'cacheImage',
  'ensureNics', 'powerOn', 'define', 'powerOff', 'pause', 'unpause', 'suspend', 'resume', 'forget',
  'attachNic', 'detachNic', 'attachVolume', 'detachVolume', 'setPassword', 'injectNmi', 'list',
] as const

/**
 * One thing that goes wrong, as data: `{ act: 'powerOn', nth: 3, says: 'no memory left' }` is "this host refuses the third guest".
 * Without `nth` it happens every time; with `uuid` only to that guest, counting its acts alone.
 */
export interface Fault {
  readonly act: Act
  readonly nth?: number | undefined
  readonly uuid?: string | undefined
  readonly says: string
  /** A refusal of this kind; absent: an error nobody foresaw. */
  readonly kind?: RefusalKind | undefined
  /** The act is done all the same, and only then the fault is told: an answer that was lost. */
  readonly afterwards?: boolean | undefined
}

export type Delays = Partial<Record<Act, number>>

export type Trial = <T>(act: Act, uuid: string, perform: () => T) => Promise<T>

/** Runs each act after its delay, and fails it when a fault says so. */
export function trials(clock: Clock, faults: readonly Fault[], delaysMs: Delays): Trial {
  const seen = new Map<Fault, number>()
  const due = (act: Act, uuid: string): Fault | undefined => {
    const hits = faults.filter(fault => fault.act === act && (fault.uuid === undefined || fault.uuid === uuid))
    for (const fault of hits) seen.set(fault, (seen.get(fault) ?? 0) + 1)
    return hits.find(fault => fault.nth === undefined || fault.nth === seen.get(fault))
  }
  return async (act, uuid, perform) => {
    const delay = delaysMs[act] ?? 0
    if (delay > 0) await clock.sleep(delay)
    const fault = due(act, uuid)
    if (fault && !fault.afterwards) throw failure(fault)
    const result = perform()
    if (fault) throw failure(fault)
    return result
  }
}

const failure = (fault: Fault): Error => (fault.kind ? new Refusal(fault.kind, fault.says) : new Error(fault.says))
