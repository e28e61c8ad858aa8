import { execFile, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/**
 * For world tests: libvirt is there, started only when nobody answers, and gone when whoever started it says so. A socket's file and a
 * pid's file outlive their daemon, so only a conversation proves that it is there.
 */
export async function ensureLibvirt(): Promise<{ stop(): Promise<void> }> {
  const started: string[] = []
  for (const daemon of ['virtlogd', 'libvirtd']) {
    if (await answers(daemon)) continue
    await ended(daemon)
    spawn(`/usr/sbin/${daemon}`, ['-d'], { stdio: 'ignore' })
    started.push(daemon)
    await until(`${daemon} answers`, () => answers(daemon))
  }
  return {
    stop: async () => {
      for (const daemon of started.reverse()) {
        for (const pid of await pidsOf(daemon)) await execute('kill', [pid])
        await ended(daemon)
      }
    },
  }
}

const sockets: Record<string, string> = { virtlogd: '/run/libvirt/virtlogd-sock', libvirtd: '/run/libvirt/libvirt-sock' }

const answers = (daemon: string): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(sockets[daemon] ?? '')
    const say = (does: boolean) => () => {
      socket.destroy()
      resolve(does)
    }
    socket.once('connect', say(true)).once('error', say(false))
  })

/** One that was told to end lets its socket go long before its process does. */
const ended = (daemon: string) => until(`${daemon} has ended`, async () => (await pidsOf(daemon)).length === 0)

const pidsOf = (daemon: string): Promise<string[]> =>
  execute('pgrep', ['-x', daemon]).then(
    ({ stdout }) => stdout.split('\n').filter(Boolean),
    () => [],
  )

/** Waits for a condition, never for time: an emulated guest on a machine with twenty other things at hand takes minutes. */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 240_000): Promise<number> {
  const begun = performance.now()
  while (!(await holds())) {
    if (performance.now() - begun > limitMs) throw new Error(`it did not come to pass that ${what}`)
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return performance.now() - begun
}

export const virsh = async (...args: string[]): Promise<string> => (await execute('virsh', ['-q', '-c', 'qemu:///system', ...args])).stdout

/** The guest image of our own, built when its cache has none. */
export async function guestImage(): Promise<string> {
  const outDir = join(tmpdir(), 'kilonova-guest-image')
  const cacheDir = join(homedir(), '.cache/kilonova/guest')
  await mkdir(outDir, { recursive: true })
  const make = join(import.meta.dirname, '../../services/image/assets/guest/make.ts')
  await execute(process.execPath, [make, outDir, cacheDir])
  return join(outDir, 'guest.qcow2')
}
