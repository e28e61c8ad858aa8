import type { WiringTrouble } from '../../../contract/messages.ts'
import type { Desired, NamespaceWish } from '../../../documents/desired/desired.ts'
import type { HostSetup } from '../../../documents/setup.ts'
import { fewAtOnce } from '../few-at-once.ts'
import { reasonOf } from '../run.ts'
import { type DaemonRooms, endDaemon, isIn, pidOf } from './daemons.ts'
import { dnsmasqAt, ensureDnsmasq } from './dnsmasq.ts'
import { removeTree } from './files.ts'
import { ensureRadvd, radvdPidPath } from './radvd.ts'

export interface ServerRooms extends DaemonRooms {
  readonly setup: HostSetup
}

/** The programs that run in namespaces: DHCP servers and announcers of prefixes. */
export async function applyServers(
  rooms: ServerRooms,
  { namespaces }: Desired,
): Promise<{ changes: number; troubles: readonly WiringTrouble[] }> {
  let changes = 0
  const troubles: WiringTrouble[] = []
  await fewAtOnce(namespaces, wish =>
    applyServer(rooms, wish).then(
      count => {
        changes += count
      },
      error => void troubles.push({ subject: wish.subject, reason: reasonOf(error) }),
    ),
  )
  return { changes, troubles }
}

async function applyServer(rooms: ServerRooms, { name, subject, dnsmasq, radvd }: NamespaceWish): Promise<number> {
  const { stateDir, dhcp } = rooms.setup
  if (name.startsWith('qdhcp-'))
    return dnsmasq
      ? ensureDnsmasq(rooms, dnsmasq, { namespace: name, leaseS: dhcp.leaseS })
      : ended(rooms, dnsmasqAt(`${stateDir}/dhcp/${subject}`))
  return radvd ? ensureRadvd(rooms, radvd, name) : ended(rooms, { program: 'radvd', pidPath: radvdPidPath(stateDir, subject) })
}

const ended = async (rooms: ServerRooms, daemon: Parameters<typeof endDaemon>[1]): Promise<number> =>
  (await endDaemon(rooms, daemon)) ? 1 : 0

/** Before a namespace goes: a program left in it would keep it alive without a name. */
export async function endServersOf(rooms: ServerRooms, namespace: string): Promise<void> {
  const { stateDir } = rooms.setup
  const id = namespace.replace(/^[a-z]+-/, '')
  if (namespace.startsWith('qdhcp-')) {
    await endDaemon(rooms, dnsmasqAt(`${stateDir}/dhcp/${id}`))
    await removeTree(`${stateDir}/dhcp/${id}`)
    return
  }
  await endDaemon(rooms, { program: 'radvd', pidPath: radvdPidPath(stateDir, id) })
  await removeTree(`${stateDir}/ra/${id}.radvd.conf`)
  await removeTree(radvdPidPath(stateDir, id))
}

/** What runs in a namespace, by the names people know. */
export async function serversIn(stateDir: string, namespace: string): Promise<readonly string[]> {
  const id = namespace.replace(/^[a-z]+-/, '')
  const found = namespace.startsWith('qdhcp-')
    ? { program: 'dnsmasq', pidPath: `${stateDir}/dhcp/${id}/pid` }
    : { program: 'radvd', pidPath: radvdPidPath(stateDir, id) }
  const pid = await pidOf(found)
  return pid !== undefined && (await isIn(pid, namespace)) ? [found.program] : []
}
