import { boolean, duration, integer, list, path, text } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

const limit = (default_: number, of: string) =>
  integer({ default: default_, min: -1, about: `how many ${of} a project may have; -1: any number` })

/** What an operator may say about the network service; names and defaults are OpenStack's, but for the networks a project gets by itself. */
export const networkOptions = options({
  DEFAULT: {
    base_mac: text({ default: 'fa:16:3e:00:00:00', about: 'how the MACs of ports begin; octets that are 00 at its end are drawn' }),
    dns_domain: text({ default: 'openstacklocal', about: 'the domain of the ports’ names' }),
    global_physnet_mtu: integer({ default: 1500, min: 68, about: 'the largest packet of the physical networks' }),
    max_dns_nameservers: integer({ default: 5, min: 0, about: 'how many name servers a subnet may have' }),
    max_subnet_host_routes: integer({ default: 20, min: 0, about: 'how many host routes a subnet may have' }),
    max_fixed_ips_per_port: integer({ default: 5, min: 1, about: 'how many addresses a port may have' }),
    max_allowed_address_pair: integer({ default: 10, min: 0, about: 'how many other addresses a port may use besides its own' }),
    max_routes: integer({ default: 30, min: 0, about: 'how many extra routes a router may have' }),
    allowed_conntrack_helpers: list({
      default: [
        'amanda:tcp',
        'ftp:tcp',
        'h323:udp',
        'h323:tcp',
        'irc:tcp',
        'netbios-ns:udp',
        'pptp:tcp',
        'sane:tcp',
        'sip:udp',
        'sip:tcp',
        'snmp:udp',
        'tftp:udp',
      ],
      about: 'which conntrack helpers routers may be given: helper:protocol',
    }),
    agent_down_time: duration({ default: 75_000, about: 'how long after its last heartbeat an agent counts as alive' }),
  },
  ml2: {
    type_drivers: list({ default: ['local', 'flat', 'vlan', 'vxlan'], about: 'which types of networks there are' }),
    tenant_network_types: list({ default: ['vxlan'], about: 'of which types the networks of projects are, in the order they are tried' }),
    path_mtu: integer({ default: 0, min: 0, about: 'the largest packet of what tunnels go through; 0: as the physical networks' }),
    physical_network_mtus: list({ default: [], about: 'the largest packets of single physical networks: name:mtu' }),
  },
  ml2_type_flat: {
    flat_networks: list({ default: ['*'], about: 'the physical networks flat networks may be on; *: any' }),
  },
  ml2_type_vlan: {
    network_vlan_ranges: list({
      default: ['provider'],
      about: 'the physical networks of VLANs, and the tags projects get: name or name:first:last',
    }),
  },
  ml2_type_vxlan: {
    vni_ranges: list({ default: ['1:1000000'], about: 'the numbers of tunnels projects get: first:last' }),
  },
  quotas: {
    quota_network: limit(100, 'networks'),
    quota_subnet: limit(100, 'subnets'),
    quota_port: limit(500, 'ports'),
    quota_router: limit(10, 'routers'),
    quota_floatingip: limit(50, 'floating addresses'),
    quota_security_group: limit(10, 'security groups'),
    quota_security_group_rule: limit(100, 'rules of security groups'),
    quota_rbac_policy: limit(10, 'RBAC policies'),
    quota_trunk: limit(-1, 'trunks'),
    quota_subnetpool: limit(-1, 'subnet pools'),
  },
  oslo_policy: {
    enforce_scope: boolean({ default: false, about: 'refuse tokens of a scope that a rule does not list' }),
    enforce_new_defaults: boolean({ default: false, about: 'stop accepting what only older rules allow' }),
    policy_file: path({ about: 'rules that replace the defaults' }),
  },
})
