import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { networkAgentOf, portDown, portUp } from './contract/messages.ts'
import type { Driver } from './drivers/driver.ts'
import { inbox } from './inbox.ts'
import { beat } from './reconcilers/beat.ts'
import { keepWired } from './reconcilers/keep-wired.ts'
import { nothingHeld } from './wiring/held.ts'
import { takeAway } from './wiring/take-away.ts'
import { inTurn } from './wiring/in-turn.ts'
import type { Rooms } from './wiring/rooms.ts'

export { bareWiring } from './contract/wiring.ts'
export { openFakeDriver } from './drivers/fake/open.ts'
export { openLinuxBridgeDriver } from './drivers/linuxbridge/open.ts'
export { removeServerFiles } from './drivers/linuxbridge/servers/leave.ts'
export { networkAgentOptions, setupOf } from './options.ts'

export interface NetworkAgentOptions {
  /** The host's name: the agent answers at `network.<host>`. */
  readonly host: string
  readonly bus: Bus
  /** Closed with the agent. */
  readonly driver: Driver
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** How often the agent says that it lives; half a minute unless told. */
  readonly beatEveryMs?: number | undefined
  /** When the agent closes and no guest is plugged in, everything it made is taken away. */
  readonly leavesNothing?: boolean | undefined
  /** How often the whole host is looked at though nothing was heard; a minute unless told. */
  readonly lookEveryMs?: number | undefined
}

export interface NetworkAgent {
  readonly host: string
  /** Takes no more commands, lets the running one finish, leaves the host as it is. */
  close(): Promise<void>
}

/** The agent of one host: wires it as it is told, keeps it so, and says which ports are plugged in. */
export async function openNetworkAgent(options: NetworkAgentOptions): Promise<NetworkAgent> {
  const { host, bus, driver, clock, chance, log, beatEveryMs = 30_000, lookEveryMs = 60_000, leavesNothing = false } = options
  const newCause = (why: string) => ({ requestId: `req-${chance.uuid()}`, why })
  const tellPorts: Rooms['tellPorts'] = async ({ up, down }) => {
    const cause = newCause('say which ports are plugged in')
    for (const portId of up) await bus.announce(portUp, { host, portId }, { cause })
    for (const portId of down) await bus.announce(portDown, { host, portId }, { cause })
  }
  const rooms: Rooms = { host, driver, held: nothingHeld(), turn: inTurn(), clock, log, tellPorts }
  const serving = await bus.serve(networkAgentOf(host), inbox(rooms))
  const keeping = keepWired(rooms, lookEveryMs)
  const beating = beat(rooms, { bus, newCause, everyMs: beatEveryMs, startedAt: new Date(clock.now()).toISOString() })
  for (const warning of (await driver.facts()).warnings) log.warn(warning)
  return {
    host,
    close: async () => {
      beating.stop()
      await serving.stop()
      await keeping.stop()
      if (leavesNothing) await takeAway(rooms)
      await driver.close()
    },
  }
}
