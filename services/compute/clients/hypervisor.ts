import * as messages from '@kilonova/hypervisor/contract/messages.ts'
import type { Diagnostics } from '@kilonova/hypervisor/contract/diagnostics.ts'
import type { Guest, GuestImage, GuestNic, GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { DiskOffer, Snapshot, SnapshotWish } from '@kilonova/hypervisor/contract/transfers.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { hostFactsClient } from './host-facts.ts'
import type { ImageDoor } from './image-door.ts'

const { hypervisorOf } = messages

/** A guest's first start on a host copies and converts its image: minutes on a slow disk. */
const startDeadlineMs = 600_000
/** Whole disks are read and written. */
const copyDeadlineMs = 3_600_000
/** Besides what the guest itself may take. */
const patienceMs = 60_000

export interface HypervisorRooms {
  readonly bus: Bus
  /** For hosts that may not see the image service's files. */
  readonly imageDoor?: ImageDoor | undefined
}

/** What the agents of hosts are asked. Whoever makes disks is told where any host gets their images. */
export function hypervisorClient({ bus, imageDoor }: HypervisorRooms) {
  const { image: open, guest: whole } = opened(imageDoor)
  return {
    start: async (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.startGuest, hypervisorOf(host), await whole(guest), { cause, deadlineMs: startDeadlineMs }),

    stop: (host: string, uuid: string, graceMs: number, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.stopGuest, hypervisorOf(host), { uuid, graceMs }, { cause, deadlineMs: graceMs + patienceMs }),

    reboot: async (host: string, asked: { guest: Guest; way: 'soft' | 'hard'; graceMs: number }, cause: Cause): Promise<GuestState> => {
      const wish = { ...asked, guest: await whole(asked.guest) }
      return bus.ask(messages.rebootGuest, hypervisorOf(host), wish, { cause, deadlineMs: asked.graceMs + startDeadlineMs })
    },

    pause: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.pauseGuest, hypervisorOf(host), { uuid }, { cause }),

    unpause: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.unpauseGuest, hypervisorOf(host), { uuid }, { cause }),

    suspend: (host: string, uuid: string, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.suspendGuest, hypervisorOf(host), { uuid }, { cause, deadlineMs: startDeadlineMs }),

    resume: async (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.resumeGuest, hypervisorOf(host), { guest: await whole(guest) }, { cause, deadlineMs: startDeadlineMs }),

    rescue: async (host: string, asked: { guest: Guest; image: GuestImage; graceMs: number }, cause: Cause): Promise<GuestState> => {
      const wish = { ...asked, guest: await whole(asked.guest), image: await open(asked.image) }
      return bus.ask(messages.rescueGuest, hypervisorOf(host), wish, { cause, deadlineMs: asked.graceMs + startDeadlineMs })
    },

    unrescue: async (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
      bus.ask(messages.unrescueGuest, hypervisorOf(host), { guest: await whole(guest) }, { cause, deadlineMs: startDeadlineMs }),

    rebuild: async (host: string, asked: { guest: Guest; power: 'on' | 'off'; graceMs: number }, cause: Cause): Promise<GuestState> => {
      const wish = { ...asked, guest: await whole(asked.guest) }
      return bus.ask(messages.rebuildGuest, hypervisorOf(host), wish, { cause, deadlineMs: asked.graceMs + startDeadlineMs })
    },

    prepareResize: async (
      host: string,
      asked: { uuid: string; graceMs: number; elsewhere: boolean; resize: number },
      cause: Cause,
    ): Promise<{ offer?: DiskOffer | undefined }> =>
      bus.ask(messages.prepareResize, hypervisorOf(host), asked, { cause, deadlineMs: asked.graceMs + copyDeadlineMs }),

    finishResize: async (
      host: string,
      asked: { guest: Guest; power: 'on' | 'off'; offer?: DiskOffer | undefined },
      cause: Cause,
    ): Promise<GuestState> => {
      const wish = { ...asked, guest: await whole(asked.guest) }
      return bus.ask(messages.finishResize, hypervisorOf(host), wish, { cause, deadlineMs: copyDeadlineMs })
    },

    confirmResize: (
      host: string,
      asked: { uuid: string; elsewhere: boolean; resize: number },
      cause: Cause,
    ): Promise<{ dropped: boolean }> => bus.ask(messages.confirmResize, hypervisorOf(host), asked, { cause, deadlineMs: patienceMs }),

    revertResize: async (host: string, asked: { guest: Guest; power: 'on' | 'off'; resize: number }, cause: Cause): Promise<GuestState> => {
      const wish = { ...asked, guest: await whole(asked.guest) }
      return bus.ask(messages.revertResize, hypervisorOf(host), wish, { cause, deadlineMs: startDeadlineMs })
    },

    /** Into a file that the image service then takes; where hosts may not share its files, the host sends it there itself. */
    async snapshot(host: string, { uuid, format, imageId, path }: CopyWish, cause: Cause): Promise<Snapshot> {
      const target = imageDoor ? { to: 'http' as const, ...(await imageDoor.at(imageId)) } : { to: 'file' as const, path }
      return bus.ask(messages.snapshotGuest, hypervisorOf(host), { uuid, format, target }, { cause, deadlineMs: copyDeadlineMs })
    },

    diagnostics: (host: string, uuid: string, cause: Cause): Promise<Diagnostics> =>
      bus.ask(messages.guestDiagnostics, hypervisorOf(host), { uuid }, { cause }),

    setPassword: async (
      host: string,
      asked: { guest: Guest; user?: string | undefined; password: string },
      cause: Cause,
    ): Promise<void> => {
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
      (
        await bus.ask(
          messages.cacheImages,
          hypervisorOf(host),
          { images: await Promise.all(images.map(open)) },
          { cause, deadlineMs: copyDeadlineMs },
        )
      ).failures,

    list: async (host: string, cause: Cause): Promise<readonly GuestState[]> =>
      (await bus.ask(messages.listGuests, hypervisorOf(host), {}, { cause })).guests,

    /** As `uptime` prints it there; null where nobody counts. */
    uptime: async (host: string, cause: Cause): Promise<string | null> =>
      (await bus.ask(messages.hostUptime, hypervisorOf(host), {}, { cause, deadlineMs: 5_000 })).uptime,

    facts: hostFactsClient({ bus }),
  }
}

export type HypervisorClient = ReturnType<typeof hypervisorClient>

/** The disk of a guest, which is to be the data of an image. */
export interface CopyWish extends Pick<SnapshotWish, 'uuid' | 'format'> {
  readonly imageId: string
  readonly path: string
}

/** Images, and guests with all of theirs, as any host can fetch them. */
function opened(door: ImageDoor | undefined) {
  const image = async (one: GuestImage): Promise<GuestImage> => (door ? door.reachable(one) : one)
  const maybe = async (one: GuestImage | undefined) => one && (await image(one))
  const guest = async (one: Guest): Promise<Guest> => {
    if (!door) return one
    const { kernel } = one
    return {
      ...{ ...one, image: await maybe(one.image), rescueImage: await maybe(one.rescueImage) },
      kernel: kernel && { image: await image(kernel.image), ramdisk: await maybe(kernel.ramdisk) },
    }
  }
  return { image, guest }
}
