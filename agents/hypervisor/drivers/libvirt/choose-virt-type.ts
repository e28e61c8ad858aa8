import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readIfThere } from './paths.ts'
import { type Run, RunFailed } from './run.ts'

export interface VirtFacts {
  /** How many processors have `vmx` or `svm`, as `egrep -c '(vmx|svm)' /proc/cpuinfo` counts them. */
  readonly flagged: number
  /** Whether a few instructions ran on /dev/kvm; undefined when it was not tried. */
  readonly probeRan: boolean | undefined
}

export interface VirtChoice {
  readonly virtType: 'kvm' | 'qemu'
  /** A sentence for the operator. */
  readonly because: string
}

/**
 * /dev/kvm proves nothing: there are machines where it opens, makes a machine and then hangs every ordinary kernel. So the processor
 * must have the flags and a probe must run; anything less is emulation, which is slow and always works.
 */
export function chooseVirtType({ flagged, probeRan }: VirtFacts): VirtChoice {
  if (flagged === 0) return { virtType: 'qemu', because: 'no processor of this host has vmx or svm' }
  if (probeRan !== true) return { virtType: 'qemu', because: `${flagged} processors have vmx or svm, but a probe on /dev/kvm did not run` }
  return { virtType: 'kvm', because: `${flagged} processors have vmx or svm, and a probe on /dev/kvm ran` }
}

export const countFlagged = (cpuinfo: string): number => cpuinfo.split('\n').filter(line => /vmx|svm/.test(line)).length

export async function virtFacts(run: Run): Promise<VirtFacts> {
  const flagged = countFlagged((await readIfThere('/proc/cpuinfo')) ?? '')
  const exitCode: ExitCode = (program, args, deadlineMs) =>
    run(program, args, { deadlineMs }).then(
      () => 0,
      (error: unknown) => (error instanceof RunFailed ? error.exitCode : undefined),
    )
  return { flagged, probeRan: flagged === 0 ? undefined : await kvmRuns(exitCode) }
}

/** How a program ended; nothing when it did not, or is not there. */
export type ExitCode = (program: string, args: readonly string[], deadlineMs: number) => Promise<number | undefined>

/** `mov al, 16; out 0xf4, al; hlt` as a boot sector: ends QEMU with exit code 16 * 2 + 1. */
const sector = Buffer.concat([Buffer.from([0xb0, 0x10, 0xe6, 0xf4, 0xf4]), Buffer.alloc(505), Buffer.from([0x55, 0xaa])])
const goodbye = 33

/** Whether a few instructions run on /dev/kvm. */
export async function kvmRuns(exitCode: ExitCode): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'kilonova-probe-'))
  try {
    const disk = join(folder, 'sector')
    await writeFile(disk, sector)
    const machine = ['-accel', 'kvm', '-cpu', 'host', '-m', '32', '-display', 'none', '-nodefaults']
    const devices = ['-device', 'isa-debug-exit', '-drive', `file=${disk},format=raw,if=ide`]
    return (await exitCode('qemu-system-x86_64', [...machine, ...devices], 5_000)) === goodbye
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
