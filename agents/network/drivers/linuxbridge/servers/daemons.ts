import { readdir, readFile, stat } from 'node:fs/promises'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Run } from '../run.ts'
import { readText } from './files.ts'

/** A program that goes to the background by itself and outlives the agent: guests keep their DHCP while the agent is away. */
export interface Daemon {
  readonly program: string
  readonly args: readonly string[]
  readonly namespace: string
  readonly pidPath: string
}

const patienceMs = 5_000
const lookMs = 20

export interface DaemonRooms {
  readonly run: Run
  readonly clock: Clock
}

/** The process's id, when the file names one that runs this program with a word that only ours has. */
export async function pidOf({ program, pidPath }: Pick<Daemon, 'program' | 'pidPath'>): Promise<number | undefined> {
  const pid = Number((await readText(pidPath).catch(() => undefined))?.trim())
  if (!Number.isInteger(pid) || pid <= 1) return undefined
  return isOurs(await commandOf(pid), { program, pidPath }) ? pid : undefined
}

const isOurs = ([first, ...args]: readonly string[], { program, pidPath }: Pick<Daemon, 'program' | 'pidPath'>): boolean =>
  first?.endsWith(program) === true && args.some(word => word.includes(pidPath))

const commandOf = (pid: number): Promise<readonly string[]> =>
  readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    text => text.split('\0').filter(Boolean),
    () => [],
  )

/** A namespace by what all its names lead to; nothing where there is none. */
export const namespaceAt = (path: string): Promise<string | undefined> =>
  stat(path).then(
    ({ dev, ino }) => `${dev} ${ino}`,
    () => undefined,
  )

/** Not in one that had the name before. */
export const isIn = async (pid: number, namespace: string): Promise<boolean> =>
  (await namespaceAt(`/proc/${pid}/ns/net`)) === (await namespaceAt(`/run/netns/${namespace}`))

/** Whether it runs with these very arguments where it is to run. */
export async function isRunning(daemon: Daemon): Promise<number | undefined> {
  const pid = await pidOf(daemon)
  if (pid === undefined || !(await isIn(pid, daemon.namespace))) return undefined
  const [, ...args] = await commandOf(pid)
  return args.join('\0') === daemon.args.join('\0') ? pid : undefined
}

/** One whose file was lost holds the addresses that this one needs: it makes way. */
export async function startDaemon({ run, clock }: DaemonRooms, daemon: Daemon): Promise<void> {
  const start = () => run(daemon.program, daemon.args, { namespace: daemon.namespace })
  try {
    await start()
  } catch (error) {
    const strays = await straysOf(daemon)
    if (strays.length === 0) throw error
    for (const pid of strays) signal(pid, 'SIGKILL')
    while ((await straysOf(daemon)).length > 0) await clock.sleep(lookMs)
    await start()
  }
}

/** Those that run by this name whatever its file says. */
async function straysOf({ program, pidPath }: Pick<Daemon, 'program' | 'pidPath'>): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger)
  const words = await Promise.all(pids.map(commandOf))
  return pids.filter((_, at) => isOurs(words[at] ?? [], { program, pidPath }))
}

/** Afterwards it is gone. Harmless when it was not there. */
export async function endDaemon({ clock }: DaemonRooms, daemon: Pick<Daemon, 'program' | 'pidPath'>): Promise<boolean> {
  const pid = await pidOf(daemon)
  if (pid === undefined) return false
  signal(pid, 'SIGTERM')
  const deadline = clock.monotonic() + patienceMs
  while ((await pidOf(daemon)) !== undefined) {
    if (clock.monotonic() > deadline) signal(pid, 'SIGKILL')
    await clock.sleep(lookMs)
  }
  return true
}

/** It may have ended by itself meanwhile. */
export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
