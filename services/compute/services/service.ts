import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'

/** A process of the cloud on a host, as operators see it. */
export interface Service {
  readonly id: string
  /** Its id before 2.53. */
  readonly number: number
  readonly host: string
  readonly binary: string
  readonly isDisabled: boolean
  readonly disabledReason: string | null
  readonly isForcedDown: boolean
  readonly seenAt: string
  /** Of `nova-compute` alone. */
  readonly facts: HostFacts | null
}

/** Whether it lets servers in, and lives. */
export type Standing = Pick<Service, 'host' | 'isDisabled' | 'isForcedDown' | 'seenAt'>

/** What is noted when a process was heard of. */
export type SignOfLife = Pick<Service, 'host' | 'binary' | 'facts'>

/** How long a process may be silent before it counts as down. */
export const silenceMs = 60_000

export const isUp = ({ isForcedDown, seenAt }: Pick<Service, 'isForcedDown' | 'seenAt'>, nowMs: number): boolean =>
  !isForcedDown && nowMs - Date.parse(seenAt) <= silenceMs
