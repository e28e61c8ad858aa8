import type { Database } from '@kilonova/platform/sql/database.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Tables } from '../tables.ts'
import type { FloatingAddress } from './trace/world.ts'

const named = ['networks', 'routers', 'ports', 'securitygroups'] as const

/** What the wiring of hosts does without and people ask for: names, outer networks, floating addresses. It writes nothing. */
export const traceStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async names(): Promise<ReadonlyMap<string, string>> {
    const rows = await Promise.all(named.map(table => read.selectFrom(table).select(['id', 'name']).where('name', '<>', '').execute()))
    return new Map(rows.flat().map(row => [String(row['id']), String(row['name'])]))
  },

  async outerNetworks(): Promise<ReadonlySet<string>> {
    const rows = await read.selectFrom('networks').select(['id', 'router_external']).execute()
    return new Set(rows.filter(row => isSet(row['router_external'] as number | null)).map(row => String(row['id'])))
  },

  async floatingAddresses(): Promise<ReadonlyMap<string, FloatingAddress>> {
    const rows = await read.selectFrom('floatingips').select(['id', 'floating_ip_address', 'floating_network_id', 'router_id']).execute()
    return new Map(
      rows.map(row => [
        String(row['floating_ip_address']),
        { id: String(row['id']), networkId: String(row['floating_network_id']), routerId: (row['router_id'] ?? null) as string | null },
      ]),
    )
  },
})

export type TraceStore = ReturnType<typeof traceStore>
