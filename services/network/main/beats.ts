import type { Heartbeat } from '@kilonova/network-agent/contract/messages.ts'
import { agentTypes, type Beat } from '../agents/agent/agent.ts'

/** One process does on a host what four agents do elsewhere; it is listed as all four, each with what people know to look for. */
export function beatOf({ host, startedAt, facts, counts }: Heartbeat): Beat {
  const { interfaceMappings, bridgeMappings, tunnelIp, segmentTypes } = facts
  return {
    host,
    startedAt,
    configurations: {
      [agentTypes.bridge]: {
        interface_mappings: interfaceMappings,
        bridge_mappings: bridgeMappings,
        ...(tunnelIp === undefined ? {} : { tunneling_ip: tunnelIp }),
        tunnel_types: segmentTypes.filter(type => type === 'vxlan'),
        devices: counts.ports,
      },
      [agentTypes.dhcp]: { dhcp_driver: 'dnsmasq', networks: counts.dhcpServers, subnets: counts.dhcpServers, ports: counts.ports },
      [agentTypes.routing]: { agent_mode: 'legacy', routers: counts.routers, floating_ips: counts.floatingIps },
      [agentTypes.metadata]: { isolated_metadata: facts.hasIsolatedMetadata },
    },
    load: { [agentTypes.dhcp]: counts.dhcpServers, [agentTypes.routing]: counts.routers },
  }
}
