import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { ask, look } from '@kilonova/platform/bus/message.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { CheckedNetworks, RequestedNetwork, RequestedNetworks, ServerOfPorts, ServerPort, ServerPorts } from './ports.ts'

/** Where the network service answers for ports of servers, and where it lets others wait, in nobody's way. */
export const portsAddress = 'server-ports'
export const waitsAddress = 'server-ports.waits'

interface Wanted {
  readonly server: ServerOfPorts
  readonly wanted: RequestedNetworks
}
interface One {
  readonly server: ServerOfPorts
  readonly wanted: RequestedNetwork
  readonly ticket: string
}
/** Without a number: as many as it likes. */
type Checked = Omit<CheckedNetworks, 'freePorts'> & { readonly freePorts?: number }

/** The methods of `ServerPorts`, as messages: each may be repeated, as they may. */
export const checkPorts = look<Wanted, Checked>('network.checkPorts', 1)
export const allocatePorts = ask<Wanted, readonly ServerPort[]>('network.allocatePorts', 1)
export const bindPorts = ask<{ portIds: readonly string[]; host: string }, readonly ServerPort[]>('network.bindPorts', 1)
export const unbindPorts = ask<{ portIds: readonly string[] }, Record<string, never>>('network.unbindPorts', 1)
export const awaitPorts = ask<{ portIds: readonly string[]; deadlineMs: number }, { late: readonly string[] }>('network.awaitPorts', 1)
export const addPort = ask<One, ServerPort>('network.addPort', 1)
export const takePortBack = ask<{ serverId: string; ticket: string }, Record<string, never>>('network.takePortBack', 1)
export const deletePorts = ask<{ serverId: string; portIds?: readonly string[] | undefined }, Record<string, never>>(
  'network.deletePorts',
  1,
)
export const portsOfServers = look<{ serverIds: readonly string[] }, Readonly<Record<string, readonly ServerPort[]>>>(
  'network.portsOfServers',
  1,
)
export const gonePorts = look<{ portIds: readonly string[] }, { gone: readonly string[] }>('network.gonePorts', 1)

export interface RemotePortsRooms {
  readonly bus: Pick<Bus, 'ask'>
  readonly clock: Pick<Clock, 'monotonic'>
  newCause(why: string): Cause
}

/** One who waits long asks again and again, so that a network service may be stopped, and another may go on, meanwhile. */
const waitMs = 5_000

/** The network service of another process, asked over the bus: what the one of this process promises. */
export function remotePorts({ bus, clock, newCause }: RemotePortsRooms): ServerPorts {
  return {
    async check(server, wanted) {
      const cause = newCause('look whether a server can have its ports')
      const { freePorts = Number.POSITIVE_INFINITY, ...checked } = await bus.ask(checkPorts, portsAddress, { server, wanted }, { cause })
      return { ...checked, freePorts }
    },
    allocateForServer: (server, wanted, cause) => bus.ask(allocatePorts, portsAddress, { server, wanted }, { cause }),
    bind: (portIds, host, cause) => bus.ask(bindPorts, portsAddress, { portIds, host }, { cause }),
    unbind: async (portIds, cause) => void (await bus.ask(unbindPorts, portsAddress, { portIds }, { cause })),
    async awaitWired(portIds, deadlineMs) {
      const [until, cause] = [clock.monotonic() + deadlineMs, newCause('wait until ports are wired')]
      for (let late = portIds; ; ) {
        const left = until - clock.monotonic()
        const wish = { portIds: late, deadlineMs: Math.max(0, Math.min(left, waitMs)) }
        late = (await bus.ask(awaitPorts, waitsAddress, wish, { cause })).late
        if (late.length === 0 || left <= waitMs) return late
      }
    },
    add: (server, wanted, ticket, cause) => bus.ask(addPort, portsAddress, { server, wanted, ticket }, { cause }),
    takeBack: async (serverId, ticket, cause) => void (await bus.ask(takePortBack, portsAddress, { serverId, ticket }, { cause })),
    deleteFor: async (serverId, cause, portIds) => void (await bus.ask(deletePorts, portsAddress, { serverId, portIds }, { cause })),
    async ofServers(serverIds) {
      if (serverIds.length === 0) return new Map()
      const cause = newCause('show the ports of servers')
      return new Map(Object.entries(await bus.ask(portsOfServers, portsAddress, { serverIds }, { cause })))
    },
    async gone(portIds) {
      if (portIds.length === 0) return []
      return (await bus.ask(gonePorts, portsAddress, { portIds }, { cause: newCause('look which ports are gone') })).gone
    },
  }
}
