import type { Reading } from '../tables.ts'

/** A table that says which agents serve which things. */
export interface Bindings {
  readonly table: 'networkdhcpagentbindings' | 'routerl3agentbindings'
  readonly thing: 'network_id' | 'router_id'
  readonly agent: 'dhcp_agent_id' | 'l3_agent_id'
}

/** The zones of the agents that serve each of these things. */
export async function zonesAmong(
  read: Reading,
  { table, thing, agent }: Bindings,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await read
    .selectFrom(table)
    .innerJoin('agents', 'agents.id', `${table}.${agent}`)
    .select([`${table}.${thing} as thing`, 'agents.availability_zone as zone'])
    .where(`${table}.${thing}`, 'in', ids)
    .execute()
  const byThing = Map.groupBy(rows, row => String(row['thing']))
  return new Map([...byThing].map(([id, some]) => [id, [...new Set(some.map(row => String(row['zone'])))].sort()]))
}
