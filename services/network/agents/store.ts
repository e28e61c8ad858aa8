import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { fromRow } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { type Agent, agentTypes } from './agent/agent.ts'

type Beaten = Pick<Agent, 'heartbeatMs' | 'heartbeatTimestamp' | 'load'>

const never = () => sql<boolean>`1 = 0`

const columns = {
  id: 'text',
  agentType: 'text',
  binaryName: 'text',
  topic: 'text',
  host: 'text',
  availabilityZone: 'text',
  adminStateUp: 'flag',
  description: 'text',
  createdAt: 'text',
  startedAt: 'text',
  heartbeatTimestamp: 'text',
  heartbeatMs: 'number',
  configurations: 'json',
  resourcesSynced: 'flag',
  load: 'number',
} as const

/** Agents in `agents`; which routers and networks were given to which, in their tables of bindings. */
export const agentStore = (db: Pick<Database<Tables>, 'read'>, aliveSince: () => number) => ({
  ...keeping<Agent>(db, {
    table: 'agents',
    kind: 'network.agent',
    columns,
    isVisible: never,
    filters: {
      binary: values => sql<boolean>`agents.binary_name in (${sql.join(values)})`,
      alive: values => {
        const isAlive = sql<boolean>`agents.heartbeat_ms >= ${aliveSince()}`
        return values.includes(true) ? isAlive : sql<boolean>`not (${isAlive})`
      },
    },
    projectOf: () => undefined,
    complete: async rows => rows,
  }),

  /** By their types too: so the index finds them, among the agents of thousands of hosts. */
  async ofHosts(hosts: readonly string[], from: Reading = db.read): Promise<readonly Agent[]> {
    const ours = from.selectFrom('agents').selectAll().where('agent_type', 'in', Object.values(agentTypes))
    return (await ours.where('host', 'in', hosts).execute()).map(row => fromRow<Agent>(columns, row))
  },

  /** That they live is no change of the agents; nobody follows it. */
  beatAll: (tx: Transaction, agents: readonly Agent[], { heartbeatMs, heartbeatTimestamp, load }: Beaten) =>
    tx.change([], sql =>
      sql
        .updateTable('agents')
        .set({ heartbeat_ms: heartbeatMs, heartbeat_timestamp: heartbeatTimestamp, load })
        .where(
          'id',
          'in',
          agents.map(({ id }) => id),
        )
        .execute(),
    ),

  async routersOf(agentId: string, from: Reading = db.read): Promise<readonly string[]> {
    const rows = await from.selectFrom('routerl3agentbindings').select('router_id').where('l3_agent_id', '=', agentId).execute()
    return rows.map(row => String(row['router_id']))
  },

  async agentsOfRouter(routerId: string, from: Reading = db.read): Promise<readonly string[]> {
    const rows = await from.selectFrom('routerl3agentbindings').select('l3_agent_id').where('router_id', '=', routerId).execute()
    return rows.map(row => String(row['l3_agent_id']))
  },

  async countRouters(agentIds: readonly string[], from: Reading): Promise<ReadonlyMap<string, number>> {
    const rows = await from
      .selectFrom('routerl3agentbindings')
      .select(({ fn }) => ['l3_agent_id', fn.countAll().as('count')])
      .where('l3_agent_id', 'in', agentIds)
      .groupBy('l3_agent_id')
      .execute()
    return new Map(rows.map(row => [String(row['l3_agent_id']), Number(row['count'])]))
  },

  bindRouter: (tx: Transaction, routerId: string, agentId: string) =>
    tx.change({ kind: 'network.router', id: routerId, act: 'scheduled', after: { agentId } }, sql =>
      sql.insertInto('routerl3agentbindings').values({ router_id: routerId, l3_agent_id: agentId }).execute(),
    ),

  unbindRouter: (tx: Transaction, routerId: string, agentId?: string) =>
    tx.change({ kind: 'network.router', id: routerId, act: 'unscheduled' }, sql => {
      const bindings = sql.deleteFrom('routerl3agentbindings').where('router_id', '=', routerId)
      return (agentId === undefined ? bindings : bindings.where('l3_agent_id', '=', agentId)).execute()
    }),

  /** Where the DHCP of a network is served: on the hosts of its DHCP ports, and where somebody said so. */
  async dhcpHostsOf(networkId: string, from: Reading = db.read): Promise<readonly string[]> {
    const rows = await from
      .selectFrom('ports')
      .select('binding_host_id')
      .where('network_id', '=', networkId)
      .where('device_owner', '=', 'network:dhcp')
      .execute()
    return rows.map(row => String(row['binding_host_id']))
  },

  async networksServedOn(host: string, from: Reading = db.read): Promise<readonly string[]> {
    const rows = await from
      .selectFrom('ports')
      .select('network_id')
      .distinct()
      .where('binding_host_id', '=', host)
      .where('device_owner', '=', 'network:dhcp')
      .execute()
    return rows.map(row => String(row['network_id']))
  },

  async dhcpBindings(by: { readonly networkId?: string; readonly agentId?: string }, from: Reading = db.read) {
    let query = from.selectFrom('networkdhcpagentbindings').selectAll()
    if (by.networkId !== undefined) query = query.where('network_id', '=', by.networkId)
    if (by.agentId !== undefined) query = query.where('dhcp_agent_id', '=', by.agentId)
    return (await query.execute()).map(row => ({
      networkId: String(row['network_id']),
      agentId: String(row['dhcp_agent_id']),
      index: Number(row['binding_index']),
    }))
  },

  bindNetwork: (tx: Transaction, networkId: string, agentId: string, index: number) =>
    tx.change({ kind: 'network.network', id: networkId, act: 'scheduled', after: { agentId } }, sql =>
      sql.insertInto('networkdhcpagentbindings').values({ network_id: networkId, dhcp_agent_id: agentId, binding_index: index }).execute(),
    ),

  unbindNetwork: (tx: Transaction, networkId: string, agentId?: string) =>
    tx.change({ kind: 'network.network', id: networkId, act: 'unscheduled' }, sql => {
      const bindings = sql.deleteFrom('networkdhcpagentbindings').where('network_id', '=', networkId)
      return (agentId === undefined ? bindings : bindings.where('dhcp_agent_id', '=', agentId)).execute()
    }),
})

export type AgentStore = ReturnType<typeof agentStore>
