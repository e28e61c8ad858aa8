import { execFile } from 'node:child_process'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

/**
 * The one place where this driver starts other programs. Arguments are a list and never pass a shell; every run has a deadline, after
 * which the program is killed; every run is logged with how long it took.
 */
export type Run = (program: string, args: readonly string[], options?: { deadlineMs?: number }) => Promise<string>

/** A program that failed: what it was asked, how it ended, what it complained about. */
export class RunFailed extends Error {
  readonly exitCode: number | undefined

  constructor(message: string, exitCode: number | undefined) {
    super(message)
    this.name = 'RunFailed'
    this.exitCode = exitCode
  }
}

export function runner(clock: Clock, log: Log): Run {
  return (program, args, { deadlineMs = 60_000 } = {}) =>
    new Promise((resolve, reject) => {
      const begun = clock.monotonic()
      const limits = { timeout: deadlineMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const
      execFile(program, args, { ...limits, env: { ...process.env, LC_ALL: 'C' } }, (error, stdout, stderr) => {
        const tookMs = Math.round(clock.monotonic() - begun)
        log.debug('ran a program', { program, args, tookMs, failed: error !== null })
        if (!error) return resolve(stdout)
        if (error.code === 'ENOENT') return reject(absent(program, error))
        const why = error.killed ? `was killed after ${deadlineMs} ms` : stderr.trim() || error.message
        reject(new RunFailed(`${program} ${args.join(' ')}: ${why}`, typeof error.code === 'number' ? error.code : undefined))
      })
    })
}

/** Debian's names of the packages that bring the programs. */
const packages: Readonly<Record<string, string>> = {
  'qemu-img': 'qemu-utils',
  genisoimage: 'genisoimage',
  ip: 'iproute2',
  mcopy: 'mtools',
  'mkfs.vfat': 'dosfstools',
  'mkfs.xfs': 'xfsprogs',
  'mkfs.ext2': 'e2fsprogs',
  'mkfs.ext3': 'e2fsprogs',
  'mkfs.ext4': 'e2fsprogs',
  'qemu-system-x86_64': 'qemu-system-x86',
}

const absent = (program: string, cause: unknown): Refusal => {
  const cure = packages[program]
  return new Refusal('unavailable', `${program} is not installed on this host${cure ? ` (package ${cure})` : ''}.`, { cause })
}
