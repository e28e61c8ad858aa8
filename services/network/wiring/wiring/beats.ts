import type { Heartbeat } from '@kilonova/network-agent/contract/messages.ts'
import { agentTypes, type Beat } from '../../agents/agent/agent.ts'

/**
 * One process does the work of four agents, and people look for four: each is told what its kind has always said of itself.
 */
export function beatOf({ host, startedAt, facts, counts }: Heartbeat): Beat {
  const { ports, networks, dhcpServers, routers, floatingIps } = counts
  const always = { log_agent_heartbeats: false }
  return {
    host,
    startedAt,
    configurations: {
      [agentTypes.bridge]: {
        bridge_mappings: facts.bridgeMappings,
        interface_mappings: facts.interfaceMappings,
        tunnel_types: facts.segmentTypes.filter(type => type === 'vxlan'),
        tunneling_ip: facts.tunnelIp ?? '',
        l2_population: true,
        devices: ports,
        extensions: ['qos'],
      },
      [agentTypes.dhcp]: { ...always, dhcp_driver: 'neutron.agent.linux.dhcp.Dnsmasq', networks: dhcpServers, ports, subnets: networks },
      [agentTypes.routing]: {
        ...always,
        agent_mode: 'legacy',
        handle_internal_only_routers: true,
        interface_driver: 'linuxbridge',
        routers,
        floating_ips: floatingIps,
        extensions: ['port_forwarding'],
      },
      [agentTypes.metadata]: always,
    },
    load: { [agentTypes.dhcp]: dhcpServers, [agentTypes.routing]: routers },
  }
}
