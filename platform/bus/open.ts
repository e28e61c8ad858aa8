import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { Bus, BusLog } from './bus.ts'
import { busOver } from './bus-over.ts'
import type { Broker } from './in-process/broker.ts'
import { inProcessDriver } from './in-process/driver.ts'
import { type RabbitPlace, readTransportUrl } from './rabbitmq/url.ts'

export type BusPlace =
  /** `[DEFAULT] transport_url`: `rabbit://user:password@host:5672/`. */
  | { readonly url: string }
  /** The same in parts, for those who have `[oslo_messaging_rabbit]` or certificates. */
  | { readonly rabbit: RabbitPlace }
  /** Inside one process: every bus opened on one broker (`openBroker()`) hears the others. */
  | { readonly inProcess: Broker }

export interface BusRooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: BusLog
  /** How long to wait for a RabbitMQ that does not answer yet; 30 s unless told. A refused login is not waited for. */
  readonly patienceMs?: number | undefined
}

/** One bus, thus one connection, per process. Throws one line naming the option to correct. */
export async function openBus({ clock, chance, log, patienceMs = 30_000, ...place }: BusPlace & BusRooms): Promise<Bus> {
  const rooms = { clock, chance, log }
  if ('inProcess' in place) return busOver(inProcessDriver(place.inProcess, clock), rooms)
  const rabbit = 'url' in place ? readTransportUrl(place.url) : place.rabbit
  // Loaded where a broker is configured.
  const [{ connect }, { rabbitmqDriver }] = await Promise.all([import('./rabbitmq/connection.ts'), import('./rabbitmq/driver.ts')])
  return busOver(rabbitmqDriver(await connect(rabbit, { clock, log, patienceMs }), rooms), rooms)
}
