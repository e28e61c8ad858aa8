import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { NamespaceWish } from '../../../documents/desired/desired.ts'
import { type Daemon, type DaemonRooms, endDaemon, isRunning, signal, startDaemon } from './daemons.ts'
import { ensureText } from './files.ts'

export const radvdPidPath = (stateDir: string, routerId: string): string => `${stateDir}/external/pids/${routerId}.pid.radvd`

type Radvd = NonNullable<NamespaceWish['radvd']>

/** Afterwards the router announces what it is told to; a change is read without a gap. */
export async function ensureRadvd(rooms: DaemonRooms, { configPath, config, pidPath }: Radvd, namespace: string): Promise<number> {
  const daemon: Daemon = {
    program: 'radvd',
    args: ['-C', configPath, '-p', pidPath, '-m', 'logfile', '-l', '/dev/null'],
    namespace,
    pidPath,
  }
  await mkdir(dirname(pidPath), { recursive: true })
  const changed = await ensureText(configPath, config)
  const pid = await isRunning(daemon)
  if (pid !== undefined) {
    if (changed) signal(pid, 'SIGHUP')
    return changed ? 1 : 0
  }
  await endDaemon(rooms, daemon)
  await startDaemon(rooms, daemon)
  return 1
}
