import { announce, ask } from '@kilonova/platform/bus/message.ts'
import type { Guest, GuestState } from './guest.ts'
import type { HostFacts } from './host.ts'

/** Where the agent of a host answers: `compute.node1`. */
export const hypervisorOf = (host: string): string => `compute.${host}`

/** Afterwards the guest runs. Makes what is missing, starts what is off, leaves alone what runs; a failure leaves nothing new behind. */
export const startGuest = ask<Guest, GuestState>('hypervisor.startGuest', 1)

/** Afterwards the guest is off and kept. `graceMs`: how long it may take to shut itself down before the power is cut; 0 cuts at once. */
export const stopGuest = ask<{ uuid: string; graceMs: number }, GuestState>('hypervisor.stopGuest', 1)

/** `soft` asks the guest, and cuts the power when it does not listen; `hard` cuts it and makes the domain anew from the value. */
export const rebootGuest = ask<{ guest: Guest; way: 'soft' | 'hard'; graceMs: number }, GuestState>('hypervisor.rebootGuest', 1)

/** Afterwards the guest's processors stand still (`paused`) or run again. */
export const pauseGuest = ask<{ uuid: string }, GuestState>('hypervisor.pauseGuest', 1)
export const unpauseGuest = ask<{ uuid: string }, GuestState>('hypervisor.unpauseGuest', 1)

/** Afterwards there is no such guest: no domain, no files, no cables. Harmless when there was none. */
export const destroyGuest = ask<{ uuid: string }, { destroyed: boolean }>('hypervisor.destroyGuest', 1)

/** Refused with `not-found` when the host has no such guest. */
export const guestState = ask<{ uuid: string }, GuestState>('hypervisor.guestState', 1)

/** The last `lines` lines of the serial console, or all that the host keeps. */
export const consoleLog = ask<{ uuid: string; lines?: number | undefined }, { output: string }>('hypervisor.consoleLog', 1)

export const listGuests = ask<Record<string, never>, { guests: readonly GuestState[] }>('hypervisor.listGuests', 1)

export const hostFacts = ask<Record<string, never>, HostFacts>('hypervisor.hostFacts', 1)

/** What a host's guests are doing, said regularly and after each change. `complete`: guests not named here do not exist on the host. */
export interface GuestReport {
  readonly host: string
  readonly complete: boolean
  readonly guests: readonly GuestState[]
}
export const guestsReported = announce<GuestReport>('hypervisor.guestsReported', 1)
