import { boolean, integer, ip, list, oneOf, path, port, text } from '@kilonova/platform/config/kinds.ts'
import { options, type Values } from '@kilonova/platform/config/options.ts'
import type { HostSetup } from './documents/setup.ts'

const usual = '/var/lib/neutron'

/** What an operator may say about a host's network; names and defaults are Neutron's, from the files of its agents, but metadata is served everywhere. */
export const networkAgentOptions = options({
  DEFAULT: {
    state_path: path({ default: usual, about: 'where files of DHCP servers and routers are' }),
    dhcp_lease_duration: integer({
      default: 86_400,
      min: -1,
      about: 'seconds a guest keeps its address before it asks again; -1 for ever',
    }),
    dnsmasq_lease_max: integer({ default: 16_777_216, min: 1, about: 'the most leases one DHCP server gives' }),
    dnsmasq_dns_servers: list({ default: [], about: 'whom DHCP servers ask for names of the world' }),
    dnsmasq_local_resolv: boolean({ default: false, about: 'DHCP servers ask whom this host asks for names of the world' }),
    dnsmasq_config_file: path({ about: 'more settings for dnsmasq' }),
    enable_isolated_metadata: boolean({ default: true, about: 'DHCP servers answer for metadata where no router does' }),
    force_metadata: boolean({ default: false, about: 'DHCP servers answer for metadata everywhere' }),
  },
  linux_bridge: {
    physical_interface_mappings: list({ default: [], about: 'physical network and the interface that leads there: physnet1:eth1' }),
    bridge_mappings: list({ default: [], about: 'physical network and a bridge that is there already: physnet1:br-eth1' }),
  },
  vxlan: {
    enable_vxlan: boolean({ default: true, about: 'this host takes part in VXLAN networks' }),
    local_ip: ip({ about: 'the address other hosts send VXLAN to; [DEFAULT] my_ip unless told' }),
    udp_dstport: port({ default: 8472, about: 'the UDP port of VXLAN' }),
  },
  kilonova_network_agent: {
    driver: oneOf(['auto', 'linuxbridge', 'fake', 'none'], {
      default: 'auto',
      about:
        'how this host is wired; auto: by Linux bridges where the process is root, not at all elsewhere, in pretence for pretended guests',
    }),
    chain_prefix: text({ about: "the first letters of the agent's chains; made from state_path unless told" }),
  },
})

type Told = Values<typeof networkAgentOptions>

export interface HostPlace {
  /** The address other hosts reach this one by. */
  readonly myIp: string
  /** Where state lies when the operator does not say; a second cloud on one machine has a place of its own. */
  readonly stateDir?: string | undefined
}

/** The operator's words as one value. */
export function setupOf(told: Told, { myIp, stateDir: usually = usual }: HostPlace): Omit<HostSetup, 'hasVlans'> {
  const { DEFAULT, linux_bridge, vxlan } = told
  const stateDir = DEFAULT.state_path === usual ? usually : DEFAULT.state_path
  return {
    stateDir,
    owner: `kilonova:${stateDir}`,
    chainPrefix: told.kilonova_network_agent.chain_prefix ?? chainPrefixOf(stateDir),
    interfaceMappings: mappings(linux_bridge.physical_interface_mappings),
    bridgeMappings: mappings(linux_bridge.bridge_mappings),
    tunnelIp: vxlan.enable_vxlan ? (vxlan.local_ip ?? myIp) : undefined,
    vxlanPort: vxlan.udp_dstport,
    dhcp: {
      leaseS: DEFAULT.dhcp_lease_duration,
      leaseMax: DEFAULT.dnsmasq_lease_max,
      forwarders: DEFAULT.dnsmasq_dns_servers,
      asksHostResolver: DEFAULT.dnsmasq_local_resolv,
      configFile: DEFAULT.dnsmasq_config_file,
      hasIsolatedMetadata: DEFAULT.enable_isolated_metadata,
      forcesMetadata: DEFAULT.force_metadata,
    },
  }
}

/** The name everybody looks for, and for a second cloud on the same machine one that does not meet it. A chain's name has 28 characters at most. */
export function chainPrefixOf(stateDir: string): string {
  if (stateDir === usual) return 'neutron-linuxbri'
  let sum = 0
  for (const letter of stateDir) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0
  return `neutron-lb${sum.toString(36).slice(0, 6)}`
}

/** `physnet1:eth1`; an interface's name may hold a colon of its own. */
const mappings = (lines: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.flatMap(line => {
      const [network = '', ...device] = line.split(':')
      return network === '' || device.length === 0 ? [] : [[network, device.join(':')] as const]
    }),
  )
