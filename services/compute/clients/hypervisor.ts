import * as messages from '@kilonova/hypervisor/contract/messages.ts'
import type { Diagnostics } from '@kilonova/hypervisor/contract/diagnostics.ts'
import type { Guest, GuestImage, GuestNic, GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { DiskOffer, Snapshot, SnapshotWish } from '@kilonova/hypervisor/contract/transfers.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'

const { hypervisorOf } = messages

/** A guest's first start on a host copies and converts its image: minutes on a slow disk. */
const startDeadlineMs = 600_000
/** Whole disks are read and written. */
const copyDeadlineMs = 3_600_000
/** Besides what the guest itself may take. */
const patienceMs = 60_000

/** What the agents of hosts are asked. */
export const hypervisorClient = ({ bus }: { readonly bus: Bus }) => ({
  start: (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.startGuest, hypervisorOf(host), guest, { cause, deadlineMs: startDeadlineMs }),

  stop: (host: string, uuid: string, graceMs: number, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.stopGuest, hypervisorOf(host), { uuid, graceMs }, { cause, deadlineMs: graceMs + patienceMs }),

  reboot: (host: string, asked: { guest: Guest; way: 'soft' | 'hard'; graceMs: number }, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.rebootGuest, hypervisorOf(host), asked, { cause, deadlineMs: asked.graceMs + startDeadlineMs }),

  pause: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.pauseGuest, hypervisorOf(host), { uuid }, { cause }),

  unpause: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.unpauseGuest, hypervisorOf(host), { uuid }, { cause }),

  suspend: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.suspendGuest, hypervisorOf(host), { uuid }, { cause, deadlineMs: startDeadlineMs }),

  resume: (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.resumeGuest, hypervisorOf(host), { guest }, { cause, deadlineMs: startDeadlineMs }),

  rescue: (host: string, asked: { guest: Guest; image: GuestImage; graceMs: number }, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.rescueGuest, hypervisorOf(host), asked, { cause, deadlineMs: asked.graceMs + startDeadlineMs }),

  unrescue: (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.unrescueGuest, hypervisorOf(host), { guest }, { cause, deadlineMs: startDeadlineMs }),

  rebuild: (host: string, asked: { guest: Guest; power: 'on' | 'off'; graceMs: number }, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.rebuildGuest, hypervisorOf(host), asked, { cause, deadlineMs: asked.graceMs + startDeadlineMs }),

  prepareResize: async (
    host: string,
    asked: { uuid: string; graceMs: number; elsewhere: boolean },
    cause: Cause,
  ): Promise<{ offer?: DiskOffer | undefined }> =>
    bus.ask(messages.prepareResize, hypervisorOf(host), asked, { cause, deadlineMs: asked.graceMs + copyDeadlineMs }),

  finishResize: (
    host: string,
    asked: { guest: Guest; power: 'on' | 'off'; offer?: DiskOffer | undefined },
    cause: Cause,
  ): Promise<GuestState> => bus.ask(messages.finishResize, hypervisorOf(host), asked, { cause, deadlineMs: copyDeadlineMs }),

  confirmResize: (host: string, asked: { uuid: string; elsewhere: boolean }, cause: Cause): Promise<{ dropped: boolean }> =>
    bus.ask(messages.confirmResize, hypervisorOf(host), asked, { cause, deadlineMs: patienceMs }),

  revertResize: (host: string, asked: { guest: Guest; power: 'on' | 'off' }, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.revertResize, hypervisorOf(host), asked, { cause, deadlineMs: startDeadlineMs }),

  snapshot: (host: string, wish: SnapshotWish, cause: Cause): Promise<Snapshot> =>
    bus.ask(messages.snapshotGuest, hypervisorOf(host), wish, { cause, deadlineMs: copyDeadlineMs }),

  diagnostics: (host: string, uuid: string, cause: Cause): Promise<Diagnostics> =>
    bus.ask(messages.guestDiagnostics, hypervisorOf(host), { uuid }, { cause }),

  setPassword: async (host: string, asked: { guest: Guest; user?: string | undefined; password: string }, cause: Cause): Promise<void> => {
    await bus.ask(messages.setPassword, hypervisorOf(host), asked, { cause })
  },

  injectNmi: async (host: string, uuid: string, cause: Cause): Promise<void> => {
    await bus.ask(messages.injectNmi, hypervisorOf(host), { uuid }, { cause })
  },

  /** Plugs a cable into a guest, running or off. */
  attachInterface: async (host: string, asked: { guest: Guest; nic: GuestNic }, cause: Cause): Promise<void> => {
    await bus.ask(messages.attachInterface, hypervisorOf(host), asked, { cause, deadlineMs: patienceMs })
  },

  /** Pulls it. Harmless when it is not there; refuses with `not-found` when the guest is not. */
  detachInterface: (host: string, asked: { uuid: string; macAddress: string }, cause: Cause): Promise<{ detached: boolean }> =>
    bus.ask(messages.detachInterface, hypervisorOf(host), asked, { cause, deadlineMs: patienceMs }),

  destroy: (host: string, uuid: string, cause: Cause): Promise<{ destroyed: boolean }> =>
    bus.ask(messages.destroyGuest, hypervisorOf(host), { uuid }, { cause }),

  /** Refuses with `not-found` when the host has no such guest. */
  state: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
    bus.ask(messages.guestState, hypervisorOf(host), { uuid }, { cause }),

  consoleLog: async (host: string, uuid: string, lines: number | undefined, cause: Cause): Promise<string> =>
    (await bus.ask(messages.consoleLog, hypervisorOf(host), { uuid, lines }, { cause })).output,

  /** Answers per image: null, or why it does not lie ready on the host. */
  cacheImages: async (host: string, images: readonly GuestImage[], cause: Cause): Promise<Readonly<Record<string, string | null>>> =>
    (await bus.ask(messages.cacheImages, hypervisorOf(host), { images }, { cause, deadlineMs: copyDeadlineMs })).failures,

  list: async (host: string, cause: Cause): Promise<readonly GuestState[]> =>
    (await bus.ask(messages.listGuests, hypervisorOf(host), {}, { cause })).guests,

  /** As `uptime` prints it there; null where nobody counts. */
  uptime: async (host: string, cause: Cause): Promise<string | null> =>
    (await bus.ask(messages.hostUptime, hypervisorOf(host), {}, { cause, deadlineMs: 5_000 })).uptime,

  facts: (host: string, cause: Cause): Promise<HostFacts> =>
    bus.ask(messages.hostFacts, hypervisorOf(host), {}, { cause, deadlineMs: 5_000 }),
})

export type HypervisorClient = ReturnType<typeof hypervisorClient>
