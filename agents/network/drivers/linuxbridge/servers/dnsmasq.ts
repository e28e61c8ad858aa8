import type { DhcpFiles } from '../../../documents/dhcp/files.ts'
import { type Daemon, type DaemonRooms, endDaemon, isRunning, signal, startDaemon } from './daemons.ts'
import { ensureText, readText } from './files.ts'

export const dnsmasqAt = (dir: string, namespace = '', args: readonly string[] = []): Daemon => ({
  program: 'dnsmasq',
  args,
  namespace,
  pidPath: `${dir}/pid`,
})

/**
 * Afterwards the server runs and knows every host. New hosts are told by a signal, without a gap; it is begun anew only when its arguments
 * changed, or when an address went from one MAC address to another, for it would keep the lease for the old one.
 */
export async function ensureDnsmasq(
  rooms: DaemonRooms,
  files: DhcpFiles,
  { namespace, leaseS }: { namespace: string; leaseS: number },
): Promise<number> {
  const daemon = dnsmasqAt(files.dir, namespace, files.args)
  const written = [
    await ensureText(`${files.dir}/host`, files.host),
    await ensureText(`${files.dir}/opts`, files.opts),
    await ensureText(`${files.dir}/addn_hosts`, files.addnHosts),
  ].filter(Boolean).length
  const leases = parseLeases((await readText(`${files.dir}/leases`)) ?? '')
  const pid = await isRunning(daemon)
  if (pid !== undefined && !hasMoved(files, leases)) {
    if (written > 0) signal(pid, 'SIGHUP')
    return written
  }
  await endDaemon(rooms, daemon)
  const until = leaseS === -1 ? 0 : Math.floor(rooms.clock.now() / 1000) + leaseS
  await ensureText(`${files.dir}/leases`, leasesText(files, leases, until))
  await startDaemon(rooms, daemon)
  return written + 1
}

interface Lease {
  readonly line: string
  readonly mac: string
  readonly address: string
}

/** `1480000000 fa:16:3e:00:00:01 10.0.0.5 name id`; what follows the line `duid ...` is IPv6. */
function parseLeases(text: string): readonly Lease[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map(line => {
      const [, mac = '', address = ''] = line.split(' ')
      return { line, mac, address }
    })
}

const hasMoved = (files: DhcpFiles, leases: readonly Lease[]) => {
  const holder = new Map(leases.map(({ address, mac }) => [address, mac]))
  return files.leases.some(({ address, mac }) => (holder.get(address) ?? mac).toLowerCase() !== mac.toLowerCase())
}

/** Every host's lease as if it had been given already, so that a new server refuses no renewal. */
function leasesText(files: DhcpFiles, leases: readonly Lease[], until: number): string {
  const v6 = leases.filter(({ line, address }) => line.startsWith('duid ') || address.includes(':')).map(({ line }) => line)
  return [...files.leases.map(({ mac, address }) => `${until} ${mac} ${address} * *`), ...v6].map(line => `${line}\n`).join('')
}
