import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { every } from '@kilonova/platform/every.ts'
import { type Heartbeat, heartbeat } from '../contract/messages.ts'
import type { Rooms } from '../wiring/rooms.ts'

export interface Beating {
  readonly bus: Bus
  readonly newCause: (why: string) => Cause
  readonly everyMs: number
  readonly startedAt: string
}

/** Says that the agent lives, at once and at every beat. */
export function beat(rooms: Rooms, { bus, newCause, everyMs, startedAt }: Beating): { stop(): void } {
  const say = async () =>
    bus.announce(heartbeat, { ...(await heartOf(rooms)), startedAt }, { cause: newCause('say that a network agent lives') })
  const failed = (error: unknown) => rooms.log.warn('the heartbeat could not be said', { error })
  void say().catch(failed)
  return every(rooms.clock, everyMs, say, failed)
}

async function heartOf({ driver, host, held }: Rooms): Promise<Omit<Heartbeat, 'startedAt'>> {
  const { networks, ports, dhcp, routers } = held.wiring
  return {
    host,
    revision: held.revision,
    facts: await driver.facts(),
    counts: {
      ports: ports.length,
      networks: networks.length,
      dhcpServers: dhcp.length,
      routers: routers.length,
      floatingIps: routers.reduce((sum, router) => sum + router.floatingIps.length, 0),
    },
  }
}
