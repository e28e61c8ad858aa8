import { announce, ask, look } from '@kilonova/platform/bus/message.ts'
import type { Diagnostics } from './diagnostics.ts'
import type { Guest, GuestImage, GuestNic, GuestState, GuestVolume } from './guest.ts'
import type { HostFacts } from './host.ts'
import type { DiskOffer, Snapshot, SnapshotWish } from './transfers.ts'

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

/** Its memory goes to disk and it is off; `resumeGuest` lets it go on where it was, or starts it when nothing was kept. */
export const suspendGuest = ask<{ uuid: string }, GuestState>('hypervisor.suspendGuest', 1)
export const resumeGuest = ask<{ guest: Guest }, GuestState>('hypervisor.resumeGuest', 1)

/** Off, and on again from a disk of `image`, its own root beside it; `graceMs` as for `stopGuest`. Repeating it keeps the disk made first. */
export const rescueGuest = ask<{ guest: Guest; image: GuestImage; graceMs: number }, GuestState>('hypervisor.rescueGuest', 1)
/** Off, and on again from its own root; the rescue disk is gone. */
export const unrescueGuest = ask<{ guest: Guest }, GuestState>('hypervisor.unrescueGuest', 1)

/**
 * A new root disk from the guest's image, which may be another than before; its ephemeral disks and swap are new too. The old disk goes only when
 * the new one is there: an image that cannot be had leaves the guest as it was, off. Afterwards it runs, or is off when told `power: 'off'`.
 */
export const rebuildGuest = ask<{ guest: Guest; power: 'on' | 'off'; graceMs: number }, GuestState>('hypervisor.rebuildGuest', 1)

/**
 * The first act of a resize, on the host the guest is on: it is turned off and its directory kept as `<uuid>_resize`. `elsewhere`: another
 * host will take its disks from the offer that is answered, until the resize is confirmed or reverted here. `resize`: which of its resizes, a later
 * one has a higher number; what is late, or left of one that came to no end, is known by it.
 */
export const prepareResize = ask<{ uuid: string; graceMs: number; elsewhere: boolean; resize: number }, { offer?: DiskOffer | undefined }>(
  'hypervisor.prepareResize',
  1,
)
/**
 * The second act, on the host it goes to: disks are copied from `<uuid>_resize` here, or fetched from `offer`, and grown to the new flavor's size.
 * `power`: as it was before. A failure leaves `<uuid>_resize` as it was.
 */
export const finishResize = ask<{ guest: Guest; power: 'on' | 'off'; offer?: DiskOffer | undefined }, GuestState>(
  'hypervisor.finishResize',
  1,
)
/** The last act, where it came from: what was kept is gone. Where the guest has gone elsewhere, so is its domain here. */
export const confirmResize = ask<{ uuid: string; elsewhere: boolean; resize: number }, { dropped: boolean }>('hypervisor.confirmResize', 1)
/** Or, instead, where it came from: what was kept is its directory again, and the guest is as before. Elsewhere it is destroyed first. */
export const revertResize = ask<{ guest: Guest; power: 'on' | 'off'; resize: number }, GuestState>('hypervisor.revertResize', 1)

/** A copy of its root disk as one file of its own: of one moment also while it runs, which it goes on doing. */
export const snapshotGuest = ask<SnapshotWish, Snapshot>('hypervisor.snapshotGuest', 1)

export const guestDiagnostics = look<{ uuid: string }, Diagnostics>('hypervisor.guestDiagnostics', 1)

/** Sets a user's password inside, through the guest's agent. `conflict` when the guest has none, or it does not answer. */
export const setPassword = ask<{ guest: Guest; user?: string | undefined; password: string }, Record<string, never>>(
  'hypervisor.setPassword',
  1,
)

/** An interrupt no kernel can overlook: one that is set up so writes its memory down. */
export const injectNmi = ask<{ uuid: string }, Record<string, never>>('hypervisor.injectNmi', 1)

/** Plugs a cable into a guest, running or off, or pulls it. Pulling one that is not there is harmless. */
export const attachInterface = ask<{ guest: Guest; nic: GuestNic }, Record<string, never>>('hypervisor.attachInterface', 1)
export const detachInterface = ask<{ uuid: string; macAddress: string }, { detached: boolean }>('hypervisor.detachInterface', 1)

/** Likewise for volumes. A guest that does not let go of one is refused with `conflict`. */
export const attachVolume = ask<{ guest: Guest; volume: GuestVolume }, Record<string, never>>('hypervisor.attachVolume', 1)
export const detachVolume = ask<{ uuid: string; volumeId: string }, { detached: boolean }>('hypervisor.detachVolume', 1)
/** The volume has grown: so shall the disk that the guest sees. */
export const extendVolume = ask<{ uuid: string; volumeId: string; sizeBytes: number }, Record<string, never>>('hypervisor.extendVolume', 1)

/** Afterwards there is no such guest: no domain, no files, no cables, nothing kept for a resize. Harmless when there was none. */
export const destroyGuest = ask<{ uuid: string }, { destroyed: boolean }>('hypervisor.destroyGuest', 1)

/** Refused with `not-found` when the host has no such guest. */
export const guestState = look<{ uuid: string }, GuestState>('hypervisor.guestState', 1)

/** The last `lines` lines of the serial console, or all that the host keeps. */
export const consoleLog = look<{ uuid: string; lines?: number | undefined }, { output: string }>('hypervisor.consoleLog', 1)

export const listGuests = look<Record<string, never>, { guests: readonly GuestState[] }>('hypervisor.listGuests', 1)

export const hostFacts = look<Record<string, never>, HostFacts>('hypervisor.hostFacts', 1)

/** An edition stands for what the host had when it was asked; facts come with it unless it is the one that the asker knows. */
export interface FactsNews {
  readonly edition: string
  readonly facts?: HostFacts | undefined
}

export const factsNews = look<{ known?: string | undefined }, FactsNews>('hypervisor.factsNews', 1)

/** The line that `uptime` prints there; null where nobody counts. */
export const hostUptime = look<Record<string, never>, { uptime: string | null }>('hypervisor.hostUptime', 1)

/** Makes sure that the images lie ready on the host, before guests of them come. Answers per image: null, or why not. */
export const cacheImages = ask<{ images: readonly GuestImage[] }, { failures: Readonly<Record<string, string | null>> }>(
  'hypervisor.cacheImages',
  1,
)

/** What a host's guests are doing, said regularly and after each change. `complete`: guests not named here do not exist on the host. */
export interface GuestReport {
  readonly host: string
  readonly complete: boolean
  readonly guests: readonly GuestState[]
  /** Of whom there are files and no guest: one that is being made, or was taken away by halves. */
  readonly remains?: readonly string[] | undefined
}
export const guestsReported = announce<GuestReport>('hypervisor.guestsReported', 1)
/** Whoever has just begun to listen wants to know who is there: all report at once. */
export const rollCalled = announce<Record<string, never>>('hypervisor.rollCalled', 1)
