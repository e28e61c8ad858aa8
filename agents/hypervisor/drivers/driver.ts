import type { Guest, GuestState } from '../contract/guest.ts'
import type { HostFacts } from '../contract/host.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

/**
 * What any hypervisor must do. A driver does single acts on one machine and knows no order between them: `guests/` puts them together
 * and stands an undo beside each. Every act is safe to repeat. A driver refuses with `Refusal` where the caller can do something about
 * it (`not-found`: no such guest; `unavailable`: the hypervisor does not answer); everything else it throws is an error.
 *
 * It answers for guests of our own names only. Whatever else lives on the host is neither listed nor touched.
 */
export interface Driver {
  readonly kind: string

  facts(): Promise<HostFacts>

  listGuests(): Promise<readonly GuestState[]>
  findGuest(uuid: string): Promise<GuestState | undefined>

  /** The guest's files: its directory, its disk over the shared base of its image. Says whether it had to make them. */
  ensureDisks(guest: Guest): Promise<Made>
  /** The guest's own files; shared bases stay. */
  removeDisks(uuid: string): Promise<void>

  /** What the cables are plugged into on the host; names those bridges it had to make. The cables come and go with the power. */
  ensureNics(guest: Guest): Promise<readonly string[]>
  /** Takes those of the bridges away that nothing is plugged into. */
  removeNics(bridges: readonly string[]): Promise<void>

  /**
   * Tells the hypervisor about the guest, anew each time, and turns the power on. Refuses `conflict` when another guest has the name, such as
   * one of another cloud on the same host: that one is left as it is.
   */
  powerOn(guest: Guest): Promise<GuestState>
  /** Presses the power button: the guest may shut itself down, or not listen. */
  pressPower(uuid: string): Promise<void>
  /** Pulls the plug. Harmless when it is off already. */
  powerOff(uuid: string): Promise<GuestState>
  pause(uuid: string): Promise<GuestState>
  unpause(uuid: string): Promise<GuestState>
  /** The hypervisor no longer knows the guest, running or not. Says whether it knew it. */
  forget(uuid: string): Promise<boolean>

  /** What the guest wrote to its serial console: the last `maxBytes` of it. */
  consoleLog(uuid: string, maxBytes: number): Promise<string>

  /** Calls `run` after every change of a guest's power, and with `undefined` when changes may have been missed. */
  follow(run: (changed: GuestChange | undefined) => void): { stop(): void }

  close(): Promise<void>
}

export type Made = 'made' | 'was-there'

export const nameTaken = (name: string, uuid: string): Refusal =>
  new Refusal('conflict', `The name ${name} is taken on this host by the guest ${uuid}; another cloud uses the same hypervisor.`)

export interface GuestChange {
  readonly uuid: string
  readonly name: string
  /** In the hypervisor's words, for the log: `started`, `stopped`, `undefined`, ... */
  readonly what: string
}
