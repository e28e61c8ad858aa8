import type { Host } from './host.ts'

export interface Owner {
  readonly pid: number | undefined
  /** `mysqld (process 812)`, or what is known. */
  readonly name: string
}

/** Who listens on a TCP port of this machine, by what /proc says; nothing when nobody does. */
export function portOwner(host: Host, port: number): Owner | undefined {
  const inodes = new Set([...listening(host.readText('/proc/net/tcp'), port), ...listening(host.readText('/proc/net/tcp6'), port)])
  if (inodes.size === 0) return undefined
  for (const pid of host.list('/proc').filter(name => /^\d+$/.test(name))) {
    for (const fd of host.list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(host.readLink(`/proc/${pid}/fd/${fd}`) ?? '')?.[1]
      if (inode === undefined || !inodes.has(inode)) continue
      const command = (host.readText(`/proc/${pid}/comm`) ?? 'a program').trim()
      return { pid: Number(pid), name: `${command} (process ${pid})` }
    }
  }
  return { pid: undefined, name: 'a program of another user' }
}

/** The inodes of the sockets that listen (state 0A) on the port. */
function listening(table: string | undefined, port: number): readonly string[] {
  return (table ?? '').split('\n').flatMap(line => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
    return state === '0A' && Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16) === port && inode !== undefined ? [inode] : []
  })
}
