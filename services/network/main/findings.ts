import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Check, Machine } from '../findings/finding.ts'
import { networkChecks as checksOver } from '../findings/logic.ts'
import { findingStore } from '../findings/store.ts'
import { ipamLogic } from '../ipam/logic.ts'
import { ipamStore } from '../ipam/store.ts'
import type { Tables } from '../tables.ts'
import { build } from './build.ts'
import type { NetworkSettings } from './settings.ts'
import { persistently } from './write.ts'

export interface FindingsWish {
  readonly database: Database<Tables>
  readonly settings: NetworkSettings
  /** Hosts that can be looked at from here. */
  readonly machines: readonly Machine[]
  /** Of these servers, those that there are. */
  readonly livingServers?: ((ids: readonly string[]) => Promise<ReadonlySet<string>>) | undefined
  readonly clock: Clock
  readonly chance: Chance
}

/** What hosts keep files for, by its ids: for whoever takes the cloud away from one. */
export async function servedThings({ read }: Pick<Database<Tables>, 'read'>): Promise<{ networks: string[]; routers: string[] }> {
  const [networks, routers] = await Promise.all(
    (['networks', 'routers'] as const).map(async table =>
      (await read.selectFrom(table).select('id').execute()).map(({ id }) => String(id)),
    ),
  )
  return { networks: networks ?? [], routers: routers ?? [] }
}

/** The checks of networks over a database that somebody else opens and closes: a running cloud's, or one's that is down. */
export function networkChecks({ database, settings, machines, livingServers, clock, chance }: FindingsWish): readonly Check[] {
  const { ports, serverPorts, floatingips, quotas, traces } = build({ settings, clock, chance }, database)
  return checksOver({
    store: findingStore(database),
    write: persistently(database.transaction),
    ...{ ports, serverPorts, floatingips, quotas, machines, livingServers },
    ipam: ipamLogic(ipamStore(database, chance)),
    sight: traces.worldNow,
    domain: settings.DEFAULT.dns_domain,
  })
}
