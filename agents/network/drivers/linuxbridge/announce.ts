import { versionOf } from '../../contract/addresses.ts'
import type { Desired } from '../../documents/desired/desired.ts'
import type { Observed } from './observed.ts'
import type { Run } from './run.ts'

/**
 * Tells the neighbours outside where addresses are that were not here before, so that none goes on sending to the host they came from. IPv6
 * addresses are told by the kernel. Nobody waits for it, and who does not hear it asks sooner or later.
 */
export function announceAddresses(run: Run, { namespaces }: Desired, observed: Observed): void {
  for (const { name, announced } of namespaces) {
    const links = observed.namespaces.get(name)?.links
    const fresh = announced.filter(
      ({ device, address }) => versionOf(address) === 4 && !links?.get(device)?.addresses.some(cidr => cidr.startsWith(`${address}/`)),
    )
    for (const { device, address } of fresh)
      void run('arping', ['-U', '-q', '-c', '2', '-w', '2', '-I', device, address], { namespace: name }).catch(() => undefined)
  }
}
