import type { AgentFacts } from '../../contract/messages.ts'
import type { HostSetup } from '../../documents/setup.ts'
import type { Run } from './run.ts'

/** What the host can do, and what is made ready once: bridged packets pass the packet filter. */
export async function readyHost(run: Run): Promise<{ hasVlans: boolean; warnings: readonly string[] }> {
  const warnings: string[] = []
  await run('sysctl', ['-q', '-w', 'net.bridge.bridge-nf-call-iptables=1', 'net.bridge.bridge-nf-call-ip6tables=1']).catch(() =>
    warnings.push('The kernel module br_netfilter is not loaded: security groups filter nothing. Load it with modprobe br_netfilter.'),
  )
  return { hasVlans: await canVlan(run), warnings }
}

const trial = 'kn-vlan-trial'

/** The only way to find out whether the kernel makes such a device is to have it make one. */
async function canVlan(run: Run): Promise<boolean> {
  const made = await run('ip', ['link', 'add', 'link', 'lo', 'name', trial, 'type', 'vlan', 'id', '4094']).then(
    () => true,
    error => String(error).includes('File exists'),
  )
  if (made) await run('ip', ['link', 'del', 'dev', trial]).catch(() => undefined)
  return made
}

export function factsOf(setup: HostSetup, warnings: readonly string[]): AgentFacts {
  const hasPhysical = Object.keys({ ...setup.interfaceMappings, ...setup.bridgeMappings }).length > 0
  return {
    driver: 'linuxbridge',
    interfaceMappings: setup.interfaceMappings,
    bridgeMappings: setup.bridgeMappings,
    tunnelIp: setup.tunnelIp,
    segmentTypes: [
      'local',
      ...(hasPhysical ? (['flat'] as const) : []),
      ...(hasPhysical && setup.hasVlans ? (['vlan'] as const) : []),
      ...(setup.tunnelIp === undefined ? [] : (['vxlan'] as const)),
    ],
    hasIsolatedMetadata: setup.dhcp.hasIsolatedMetadata,
    warnings,
  }
}
