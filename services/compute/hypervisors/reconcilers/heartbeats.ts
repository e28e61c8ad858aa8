import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'

export interface Rooms {
  readonly hypervisors: { facts(host: string, cause: Cause): Promise<HostFacts> }
  readonly seen: (host: string, binary: string, facts: HostFacts | null, cause: Cause) => Promise<void>
  readonly hosts: readonly string[]
  /** This process's own. */
  readonly host: string
  readonly log: Log
}

/** Notes that this conductor lives, and which hosts answer; one that does not is not noted, and counts as down after a while. */
export async function noteTheLiving({ hypervisors, seen, hosts, host, log }: Rooms, cause: Cause): Promise<void> {
  await seen(host, 'nova-conductor', null, cause)
  await seen(host, 'nova-scheduler', null, cause)
  for (const one of hosts) {
    const facts = await hypervisors.facts(one, cause).catch(error => {
      log.warn('a host does not answer', { ...causeFields(cause), host: one, error })
      return undefined
    })
    if (facts) await seen(one, 'nova-compute', facts, cause)
  }
}
