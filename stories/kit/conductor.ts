import { openInside } from '@kilonova/compute/main.ts'
import { openPlacementRoom, type PlacementDatabase } from '@kilonova/placement/main.ts'
import type { Broker } from '@kilonova/platform/bus/in-process/broker.ts'
import { busOver } from '@kilonova/platform/bus/bus-over.ts'
import { inProcessDriver } from '@kilonova/platform/bus/in-process/driver.ts'
import { gatedDriver } from '@kilonova/platform/simulation/faulty-bus.ts'
import { gatedDatabase } from '@kilonova/platform/simulation/faulty-database.ts'
import { gate, gatedClock } from '@kilonova/platform/simulation/gate.ts'

type InsideWish = Parameters<typeof openInside>[0]

export interface ConductorWish extends Omit<InsideWish, 'bus' | 'databases' | 'databaseUrl' | 'placement'> {
  readonly broker: Broker
  readonly databases: NonNullable<InsideWish['databases']>
  readonly placement: PlacementDatabase
}

/** A process that carries out what the API recorded, behind a wall: killed, it ends between two acts as a process does. */
export interface Conductor {
  readonly host: string
  kill(): void
  close(): Promise<void>
}

export async function startConductor({ broker, databases, placement, ...wish }: ConductorWish): Promise<Conductor> {
  const { clock, chance, logOf } = wish
  const driver = inProcessDriver(broker, clock)
  const wall = gate({ clock, passagesToLive: Number.POSITIVE_INFINITY, frozenMs: () => 0, died: () => driver.drop() })
  const time = gatedClock(clock, wall)
  const bus = busOver(gatedDriver(driver, wall), { clock: time, chance, log: logOf('nova-conductor') })
  // The databases are the API's too, who closes them.
  const close = async () => {}
  const { api, cell1, cell0 } = databases
  const mine = {
    api: { ...gatedDatabase(api, wall), close },
    cell1: { ...gatedDatabase(cell1, wall), close },
    cell0: { ...gatedDatabase(cell0, wall), close },
  }
  const room = openPlacementRoom({ clock: time, chance }, { ...gatedDatabase(placement, wall), close })
  const inside = await openInside({ ...wish, clock: time, bus, databases: mine, placement: room, databaseUrl: '' })
  const conducting = inside.conduct()
  return {
    host: wish.host,
    kill: wall.kill,
    close: async () => {
      if (wall.isDead) return
      await conducting.stop()
      await inside.close()
      await bus.close()
    },
  }
}
