import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import type { FloatingState, Seated, Stray, StrayAllocation, Usage } from './finding.ts'

const text = (value: unknown): string => String(value ?? '')
const textOrNull = (value: unknown): string | null => (value === null || value === undefined || value === '' ? null : String(value))

/** Resources that are counted, and the tables they are in. Ports of the network's own servers count as well. */
const countedTables: Readonly<Record<string, string>> = {
  network: 'networks',
  subnet: 'subnets',
  port: 'ports',
  router: 'routers',
  floatingip: 'floatingips',
  security_group: 'securitygroups',
  security_group_rule: 'securitygrouprules',
  subnetpool: 'subnetpools',
}

/** Across the corridor, for reading only: rows that name what is not there. */
export const findingStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async seated(): Promise<readonly Seated[]> {
    const rows = await read
      .selectFrom('ports')
      .select(['id', 'device_id'])
      .where('device_owner', 'like', 'compute:%')
      .where('device_id', '<>', '')
      .execute()
    return rows.map(row => ({ id: text(row['id']), serverId: text(row['device_id']) }))
  },

  async strayAllocations(): Promise<readonly StrayAllocation[]> {
    const rows = await read
      .selectFrom('ipallocations')
      .leftJoin('ports', 'ports.id', 'ipallocations.port_id')
      .select(['ipallocations.port_id', 'ipallocations.subnet_id', 'ipallocations.network_id', 'ipallocations.ip_address'])
      .where('ports.id', 'is', null)
      .execute()
    return rows.map(row => ({
      ...{ portId: text(row['port_id']), subnetId: text(row['subnet_id']) },
      ...{ networkId: text(row['network_id']), ipAddress: text(row['ip_address']) },
    }))
  },

  /** Guests' ports on hosts that no agent ever spoke for. */
  async strayBindings(): Promise<readonly Stray[]> {
    const rows = await read
      .selectFrom('ports')
      .leftJoin('agents', 'agents.host', 'ports.binding_host_id')
      .select(['ports.id', 'ports.binding_host_id'])
      .where('ports.binding_host_id', '<>', '')
      .where('ports.binding_vif_type', '=', 'bridge')
      .where('agents.id', 'is', null)
      .execute()
    return rows.map(row => ({ id: text(row['id']), names: text(row['binding_host_id']) }))
  },

  /** Ports whose network is not there, and those of DHCP servers on networks that nobody is served DHCP on. */
  async strayDhcpPorts(): Promise<readonly Stray[]> {
    const served = read.selectFrom('subnets').select('network_id').where('enable_dhcp', '=', 1)
    const rows = await read
      .selectFrom('ports')
      .select(['id', 'network_id'])
      .where('device_owner', '=', 'network:dhcp')
      .where('network_id', 'not in', served)
      .execute()
    return rows.map(row => ({ id: text(row['id']), names: text(row['network_id']) }))
  },

  /** Routers given to agents that are not there. */
  async strayRouters(): Promise<readonly Stray[]> {
    const rows = await read
      .selectFrom('routerl3agentbindings')
      .leftJoin('agents', 'agents.id', 'routerl3agentbindings.l3_agent_id')
      .select(['routerl3agentbindings.router_id', 'routerl3agentbindings.l3_agent_id'])
      .where('agents.id', 'is', null)
      .execute()
    return rows.map(row => ({ id: text(row['router_id']), names: text(row['l3_agent_id']) }))
  },

  async floatingIps(): Promise<readonly FloatingState[]> {
    const rows = await read
      .selectFrom('floatingips')
      .leftJoin('ports', 'ports.id', 'floatingips.fixed_port_id')
      .leftJoin('routers', 'routers.id', 'floatingips.router_id')
      .leftJoin('ipallocations', join =>
        join
          .onRef('ipallocations.port_id', '=', 'floatingips.fixed_port_id')
          .onRef('ipallocations.ip_address', '=', 'floatingips.fixed_ip_address'),
      )
      .select([
        'floatingips.id',
        'floatingips.floating_ip_address',
        'floatingips.status',
        'floatingips.fixed_port_id',
        'floatingips.fixed_ip_address',
      ])
      .select(['floatingips.router_id', 'ports.id as port', 'routers.id as router', 'ipallocations.ip_address as given'])
      .execute()
    return rows.map(row => ({
      ...{ id: text(row['id']), address: text(row['floating_ip_address']), status: text(row['status']) },
      ...{
        fixedPortId: textOrNull(row['fixed_port_id']),
        fixedAddress: textOrNull(row['fixed_ip_address']),
        routerId: textOrNull(row['router_id']),
      },
      ...{
        hasPort: textOrNull(row['port']) !== null,
        hasAddress: textOrNull(row['given']) !== null,
        hasRouter: textOrNull(row['router']) !== null,
      },
    }))
  },

  /** Where what is noted as used is not what there is. */
  async wrongUsages(): Promise<readonly Usage[]> {
    const noted = await read.selectFrom('quotausages').select(['project_id', 'resource', 'in_use']).execute()
    const wrong: Usage[] = []
    for (const [resource, table] of Object.entries(countedTables)) {
      const rows = await read
        .selectFrom(table)
        .select(['project_id', ({ fn }) => fn.countAll().as('count')])
        .groupBy('project_id')
        .execute()
      const counted = new Map(rows.map(row => [text(row['project_id']), Number(row['count'])]))
      const mine = new Map(noted.filter(row => row['resource'] === resource).map(row => [text(row['project_id']), Number(row['in_use'])]))
      for (const projectId of new Set([...counted.keys(), ...mine.keys()])) {
        const [is, said] = [counted.get(projectId) ?? 0, mine.get(projectId) ?? 0]
        if (is !== said && projectId !== '') wrong.push({ projectId, resource, counted: is, noted: said })
      }
    }
    return wrong
  },
})

export type FindingStore = ReturnType<typeof findingStore>
