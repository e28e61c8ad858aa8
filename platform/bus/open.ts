import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { Bus, BusLog } from './bus.ts'
import { busOver } from './bus-over.ts'
import type { Broker } from './in-process/broker.ts'
import { inProcessDriver } from './in-process/driver.ts'

export interface BusPlace {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: BusLog
  /** Inside one process: every bus opened on one broker (`openBroker()`) hears the others. */
  readonly inProcess: Broker
}

/** One bus, thus one connection, per process. */
export async function openBus({ clock, chance, log, inProcess }: BusPlace): Promise<Bus> {
  return busOver(inProcessDriver(inProcess, clock), { clock, chance, log })
}
