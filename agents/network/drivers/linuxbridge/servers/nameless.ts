import { readdir } from 'node:fs/promises'
import type { NamespaceWish } from '../../../documents/desired/desired.ts'
import { type Daemon, endDaemon, namespaceAt, pidOf } from './daemons.ts'
import { dnsmasqAt } from './dnsmasq.ts'
import { removeTree } from './files.ts'
import { radvdPidPath } from './radvd.ts'
import type { ServerRooms } from './servers.ts'

/**
 * Ends servers of networks and routers that are not here any more, when even the names of their namespaces are gone: whoever removes those finds
 * no server in them, and it would go on answering on a cable that may still be plugged in. One whose namespace has a name is somebody's. With them,
 * or alone when their servers ended by themselves, go their files.
 */
export async function endNameless(rooms: ServerRooms, wished: readonly Pick<NamespaceWish, 'name'>[]): Promise<void> {
  const { stateDir } = rooms.setup
  const wanted = new Set(wished.map(({ name }) => name))
  const networks = (await namesIn(`${stateDir}/dhcp`)).filter(id => !wanted.has(`qdhcp-${id}`))
  const routers = (await namesIn(`${stateDir}/external/pids`))
    .flatMap(name => /^(.+)\.pid\.radvd$/.exec(name)?.[1] ?? [])
    .filter(id => !wanted.has(`qrouter-${id}`))
  const names = new Set(networks.length + routers.length === 0 ? [] : await namesIn('/run/netns'))
  for (const id of networks)
    if (await isOver(rooms, dnsmasqAt(`${stateDir}/dhcp/${id}`), names.has(`qdhcp-${id}`))) await removeTree(`${stateDir}/dhcp/${id}`)
  for (const id of routers) {
    const pidPath = radvdPidPath(stateDir, id)
    if (!(await isOver(rooms, { program: 'radvd', pidPath }, names.has(`qrouter-${id}`)))) continue
    for (const path of [`${stateDir}/ra/${id}.radvd.conf`, pidPath]) await removeTree(path)
  }
}

/** Nobody's server runs any more, and nobody will start it again: that has ended by itself, or now. */
async function isOver(rooms: ServerRooms, daemon: Pick<Daemon, 'program' | 'pidPath'>, hasNamespace: boolean): Promise<boolean> {
  const pid = await pidOf(daemon)
  if (pid === undefined) return !hasNamespace
  const mine = await namespaceAt(`/proc/${pid}/ns/net`)
  const named = await Promise.all((await namesIn('/run/netns')).map(name => namespaceAt(`/run/netns/${name}`)))
  return !named.includes(mine) && (await endDaemon(rooms, daemon))
}

const namesIn = (path: string): Promise<readonly string[]> =>
  readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
