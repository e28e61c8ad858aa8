import { consoleLog, destroyGuest, hostFacts, hostUptime, hypervisorOf, listGuests, startGuest } from '@kilonova/hypervisor/contract/messages.ts'
import type { Guest, GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'

/** A guest's first start on a host copies and converts its image: minutes on a slow disk. */
const startDeadlineMs = 600_000

export const hypervisorClient = ({ bus }: { readonly bus: Bus }) => ({
  start: (host: string, guest: Guest, cause: Cause): Promise<GuestState> =>
    bus.ask(startGuest, hypervisorOf(host), guest, { cause, deadlineMs: startDeadlineMs }),

  destroy: (host: string, uuid: string, cause: Cause): Promise<{ destroyed: boolean }> =>
    bus.ask(destroyGuest, hypervisorOf(host), { uuid }, { cause }),

  consoleLog: async (host: string, uuid: string, lines: number | undefined, cause: Cause): Promise<string> =>
    (await bus.ask(consoleLog, hypervisorOf(host), { uuid, lines }, { cause })).output,

  list: async (host: string, cause: Cause): Promise<readonly GuestState[]> =>
    (await bus.ask(listGuests, hypervisorOf(host), {}, { cause })).guests,

  /** As `uptime` prints it there; null where nobody counts. */
  uptime: async (host: string, cause: Cause): Promise<string | null> =>
    (await bus.ask(hostUptime, hypervisorOf(host), {}, { cause, deadlineMs: 5_000 })).uptime,

  facts: (host: string, cause: Cause): Promise<HostFacts> => bus.ask(hostFacts, hypervisorOf(host), {}, { cause, deadlineMs: 5_000 }),
})

export type HypervisorClient = ReturnType<typeof hypervisorClient>
