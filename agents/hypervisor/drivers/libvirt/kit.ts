import { execFile, spawn } from 'node:child_process'
import { access, mkdir } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** For world tests: libvirt is there, started only when nobody else has; stopped again only by whoever started it. */
export async function ensureLibvirt(): Promise<{ stop(): Promise<void> }> {
  const started: string[] = []
  for (const daemon of ['virtlogd', 'libvirtd']) {
    if (await answers(daemon)) continue
    spawn(`/usr/sbin/${daemon}`, ['-d'], { stdio: 'ignore' })
    started.push(daemon)
    await until(`${daemon} answers`, () => answers(daemon))
  }
  return {
    stop: async () => {
      for (const daemon of started.reverse()) await execute('kill', [await pidOf(daemon)])
    },
  }
}

const sockets: Record<string, string> = { virtlogd: '/run/libvirt/virtlogd-sock', libvirtd: '/run/libvirt/libvirt-sock' }

const answers = async (daemon: string): Promise<boolean> => {
  const there = await access(sockets[daemon] ?? '').then(
    () => true,
    () => false,
  )
  return (
    there &&
    (await pidOf(daemon).then(
      pid => pid !== '',
      () => false,
    ))
  )
}

const pidOf = async (daemon: string): Promise<string> => (await execute('cat', [`/run/${daemon}.pid`])).stdout.trim()

/** Waits for a condition, never for time. */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 90_000): Promise<number> {
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
  const make = join(import.meta.dirname, '../../../../services/image/assets/guest/make.ts')
  await execute(process.execPath, [make, outDir, cacheDir])
  return join(outDir, 'guest.qcow2')
}
