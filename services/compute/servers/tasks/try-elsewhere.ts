import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Fault } from '@kilonova/platform/tasks/task.ts'
import { noValidHost } from '../../scheduler/scheduler.ts'
import type { Server } from '../server.ts'

/** A host on which a guest would not start, and why. */
export interface Attempt {
  readonly host: string
  readonly message: string
  /** What its hypervisor said, for those who run the cloud. */
  readonly details?: string | undefined
}

/** What a boot knows of those before it. */
export interface Tried {
  readonly tried?: readonly Attempt[] | undefined
}

/** Where a server notes how often its boot was begun anew: who undoes a boot again, after a crash, sees that the next is under way. */
const noted = 'boot_attempts'

export const isTriedElsewhere = ({ systemMetadata }: Server, { tried = [] }: Tried): boolean =>
  Number(systemMetadata[noted] ?? 0) > tried.length

/**
 * What the next boot has to know, when there shall be one: a guest that would not start on one host may on another, unless it was to be that one.
 * A boot that did not come so far would fail everywhere.
 */
export function nextTry(server: Server, { tried = [], host }: Tried & { readonly host?: string | undefined }, fault: Fault, most: number) {
  const { forced, wanted } = server.request
  const mayMove = forced === undefined && wanted === undefined
  if (!mayMove || host === undefined || server.host !== host || fault.step !== 'start the guest' || tried.length + 1 >= most)
    return undefined
  const next: readonly Attempt[] = [...tried, { host, message: fault.message, details: fault.details }]
  const onTheWay: Server = {
    ...{ ...server, host: null, node: null, nics: [], taskState: 'scheduling', availabilityZone: server.request.zone ?? null },
    systemMetadata: { ...server.systemMetadata, [noted]: String(next.length) },
  }
  return { tried: next, onTheWay }
}

/** When no host is left its owner reads why the guest would not start, which says more than that there is no host. */
export function orWhatWasTried(error: unknown, { tried = [] }: Tried): unknown {
  const last = tried.at(-1)
  if (!last || !(error instanceof Refusal) || error.code !== noValidHost) return error
  const details = [triedText(tried), String(error.extra['details'] ?? '')].join('\n')
  return new Refusal('conflict', last.message, { code: noValidHost, cause: error, extra: { host: last.host, details } })
}

export const withTried = (fault: Fault, { tried = [] }: Tried): Fault =>
  tried.length === 0 || fault.details?.includes(triedText(tried))
    ? fault
    : { ...fault, details: [...(fault.details === undefined ? [] : [fault.details]), triedText(tried)].join('\n') }

const triedText = (tried: readonly Attempt[]) =>
  `It was tried before: ${tried.map(({ host, message, details }) => `on ${host} (${details === undefined ? message : `${message} ${details}`})`).join(', ')}`
