import type { Diagnostics } from '../contract/diagnostics.ts'
import type { Guest, GuestImage, GuestNic, GuestState, GuestVolume } from '../contract/guest.ts'
import type { HostFacts } from '../contract/host.ts'
import type { DiskOffer, Snapshot, SnapshotWish } from '../contract/transfers.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

/**
 * What any hypervisor must do. A driver does single acts on one machine and knows no order between them: `guests/` puts them together
 * and stands an undo beside each. Every act is safe to repeat. A driver refuses with `Refusal` where the caller can do something about
 * it (`not-found`: no such guest; `unavailable`: the hypervisor does not answer); everything else it throws is an error.
 *
 * It answers for guests of our own names only. Whatever else lives on the host is neither listed nor touched.
 */
export interface Driver extends Looking, Files, Cables, Power, Plugging {
  readonly kind: string
  close(): Promise<void>
}

export interface Looking {
  facts(): Promise<HostFacts>
  /** The line that `uptime` prints on the machine; null where nobody counts. */
  uptime(): Promise<string | null>

  listGuests(): Promise<readonly GuestState[]>
  findGuest(uuid: string): Promise<GuestState | undefined>
  diagnostics(uuid: string): Promise<Diagnostics>
  /** What the guest wrote to its serial console: the last `maxBytes` of it. */
  consoleLog(uuid: string, maxBytes: number): Promise<string>

  /** Waits until what somebody began on the guest who is gone, and the hypervisor carries on by itself, is over. */
  rest(uuid: string): Promise<void>

  /** Calls `run` after every change of a guest's power, and with `undefined` when changes may have been missed. */
  follow(run: (changed: GuestChange | undefined) => void): { stop(): void }
}

/** The guest's files: its directory, its disks over shared bases, what is kept of it meanwhile. */
export interface Files {
  /** Makes what is missing of all the disks the value speaks of. Says whether it had to make the directory. */
  ensureDisks(guest: Guest): Promise<Made>
  /** The guest's own files, those kept for a resize too; shared bases stay. */
  removeDisks(uuid: string): Promise<void>
  /** Its start is over: from now on its files are there to stay, also when nobody finishes what was begun. */
  settleDisks(uuid: string): Promise<void>

  /** New disks from the value. The old ones go only when the new ones are there. */
  renewDisks(guest: Guest): Promise<void>
  /** The disk it was rescued with; harmless when there is none. */
  removeRescue(uuid: string): Promise<void>

  /**
   * Its directory becomes what is kept for a resize; `resize`: which of its resizes, a later one has a higher number. Harmless when it is kept for
   * that one already, refused with `conflict` when it is for a later one. What is kept for an earlier one, which came to no end, gives way to a
   * directory that is whole, and is kept on where there is none.
   */
  keepDisks(uuid: string, resize: number): Promise<void>
  /** What is kept is offered to another host, until it is dropped or put back. */
  offerKept(uuid: string): Promise<DiskOffer>
  /** A directory with copies of what is kept here, or offered elsewhere, grown to what the value says. Says whether it had to make the directory. */
  copyKept(guest: Guest, offer: DiskOffer | undefined): Promise<Made>
  /** What is kept is its directory again. Harmless when nothing is kept for that resize. */
  restoreKept(uuid: string, resize: number): Promise<void>
  /** What is kept for that resize or an earlier one goes. Says whether something was kept. */
  dropKept(uuid: string, resize: number): Promise<boolean>
  /** Where something is kept and the guest has no directory, or one that was never settled, what is kept is its directory again. */
  recoverKept(uuid: string): Promise<void>

  /** A copy of its root disk goes where it is wished. Of one moment also while it runs. */
  snapshot(wish: SnapshotWish): Promise<Snapshot>
  /** Afterwards guests of the image start without waiting for it. */
  cacheImage(image: GuestImage): Promise<void>
  /** Guests whose files were begun and not settled: somebody makes them at this moment, or was killed while making them. */
  listHalves(): Promise<readonly string[]>
  /** Whose files are here, whether the hypervisor knows the guest or not; those kept for a resize too. */
  listOwners(): Promise<readonly string[]>
  /** Takes away what belongs to no guest: copies that killed processes left half done, and bases that nobody has used for long. */
  removeLeftovers(): Promise<void>
}

export interface Cables {
  /** What the cables are plugged into on the host; names those bridges it had to make. The cables come and go with the power. */
  ensureNics(guest: Pick<Guest, 'uuid' | 'nics'>): Promise<readonly string[]>
  /** Takes those of the bridges away that nothing is plugged into. */
  removeNics(bridges: readonly string[]): Promise<void>
}

export interface Power {
  /**
   * Tells the hypervisor about the guest, anew each time, and turns the power on. Refuses `conflict` when another guest has the name, such as
   * one of another cloud on the same host: that one is left as it is. Memory that was kept by `suspend` is given up.
   */
  powerOn(guest: Guest): Promise<GuestState>
  /** Tells the hypervisor about a guest that is off, and leaves it off. */
  define(guest: Guest): Promise<GuestState>
  /** Presses the power button: the guest may shut itself down, or not listen. */
  pressPower(uuid: string): Promise<void>
  /** Pulls the plug. Harmless when it is off already. */
  powerOff(uuid: string): Promise<GuestState>
  pause(uuid: string): Promise<GuestState>
  unpause(uuid: string): Promise<GuestState>
  /** Memory goes to disk, power off. Harmless when it is off already. */
  suspend(uuid: string): Promise<GuestState>
  /** Goes on where it was suspended; nothing, when no memory was kept. */
  resume(uuid: string): Promise<GuestState | undefined>
  /** The hypervisor no longer knows the guest, running or not. Says whether it knew it. */
  forget(uuid: string): Promise<boolean>
}

/** What is plugged in and said to a guest that may be running. Plugging in what is there, and pulling what is not, are harmless. */
export interface Plugging {
  attachNic(guest: Guest, nic: GuestNic): Promise<void>
  detachNic(uuid: string, macAddress: string): Promise<boolean>
  attachVolume(guest: Guest, volume: GuestVolume): Promise<void>
  detachVolume(uuid: string, volumeId: string): Promise<boolean>
  extendVolume(uuid: string, volumeId: string, sizeBytes: number): Promise<void>
  /** Through the guest's agent. Refuses `conflict` when the guest has none, or it does not answer. */
  setPassword(uuid: string, user: string, password: string): Promise<void>
  injectNmi(uuid: string): Promise<void>
}

export type Made = 'made' | 'was-there'

export const nameTaken = (name: string, uuid: string): Refusal =>
  new Refusal('conflict', `The name ${name} is taken on this host by the guest ${uuid}; another cloud uses the same hypervisor.`)

export const noGuest = (uuid: string): Refusal => new Refusal('not-found', `Instance ${uuid} could not be found.`)

export const noResizeDown = (): Refusal => new Refusal('conflict', 'Unable to resize disk down.')

export const noAgent = (): Refusal => new Refusal('conflict', 'QEMU guest agent is not enabled.')

export interface GuestChange {
  readonly uuid: string
  readonly name: string
  /** In the hypervisor's words, for the log: `started`, `stopped`, `undefined`, ... */
  readonly what: string
}
