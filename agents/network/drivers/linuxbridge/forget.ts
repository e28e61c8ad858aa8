import type { Desired } from '../../documents/desired/desired.ts'
import type { Observed } from './observed.ts'
import type { Run } from './run.ts'

/** An address that a router has no longer ends the connections that went under it: the kernel would translate them for hours. */
export async function forgetAddresses(run: Run, { namespaces }: Desired, observed: Observed): Promise<void> {
  for (const { name, tables, addresses } of namespaces) {
    if (!tables) continue
    const wanted = new Set(addresses.map(({ cidr }) => cidr))
    const links = [...(observed.namespaces.get(name)?.links.values() ?? [])].filter(link => link.name.startsWith('qg-'))
    const gone = links.flatMap(link => link.addresses).filter(cidr => !cidr.includes(':') && !wanted.has(cidr))
    for (const address of gone.map(cidr => cidr.split('/')[0] ?? ''))
      for (const end of ['--orig-dst', '--reply-dst'])
        await run('conntrack', ['-D', end, address], { namespace: name }).catch(() => undefined)
  }
}
