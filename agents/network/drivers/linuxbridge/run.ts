import { spawn } from 'node:child_process'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'

/**
 * The one place where this driver starts other programs. Arguments are a list and never pass a shell; every run has a deadline, after which
 * the program is killed; every run is logged with how long it took.
 */
export type Run = (program: string, args: readonly string[], options?: RunOptions) => Promise<string>

export interface RunOptions {
  /** What the program reads on its standard input. */
  readonly input?: string | undefined
  /** The network namespace it runs in; the host's own unless told. */
  readonly namespace?: string | undefined
  readonly deadlineMs?: number | undefined
}

/** A program that failed: what it was asked, how it ended, what it complained about. */
export class RunFailed extends Error {
  readonly exitCode: number | undefined
  readonly complaint: string

  constructor(message: string, { exitCode, complaint }: { exitCode: number | undefined; complaint: string }) {
    super(message)
    this.name = 'RunFailed'
    this.exitCode = exitCode
    this.complaint = complaint
  }
}

export interface Place {
  readonly clock: Clock
  readonly log: Log
  /** A namespace that stands for the whole host: several hosts live on one machine so. Absent: the machine itself. */
  readonly hostNamespace?: string | undefined
}

/** A program and its arguments, in a namespace. `ip netns exec` would give it a view of the mounts of its own, which names of new namespaces do not leave. */
export function inNamespace(namespace: string | undefined, program: string, args: readonly string[]): [string, readonly string[]] {
  return namespace === undefined ? [program, args] : ['nsenter', [`--net=/run/netns/${namespace}`, '--', program, ...args]]
}

export function runner({ clock, log, hostNamespace }: Place): Run {
  return (program, args, { input, namespace = hostNamespace, deadlineMs = 30_000 } = {}) =>
    new Promise((resolve, reject) => {
      const begun = clock.monotonic()
      const [command, words] = inNamespace(namespace, program, args)
      const child = spawn(command, words, { env: { ...process.env, LC_ALL: 'C' }, stdio: ['pipe', 'pipe', 'pipe'] })
      let [output, complaint, late] = ['', '', false]
      const timer = clock.after(deadlineMs, () => {
        late = true
        child.kill('SIGKILL')
      })
      child.stdout.setEncoding('utf8').on('data', text => (output += text))
      child.stderr.setEncoding('utf8').on('data', text => (complaint += text))
      child.stdin.on('error', () => {})
      child.stdin.end(input ?? '')
      const fail = (why: string, exitCode?: number) =>
        reject(new RunFailed(`${program} ${args.join(' ')}: ${why}`, { exitCode, complaint: complaint.trim() }))
      child.once('error', error => {
        timer.stop()
        fail(error.message)
      })
      child.once('close', code => {
        timer.stop()
        log.debug('ran a program', { program, args, namespace, tookMs: Math.round(clock.monotonic() - begun), failed: code !== 0 })
        if (code === 0) return resolve(output)
        fail(late ? `was killed after ${deadlineMs} ms` : complaint.trim() || `exit code ${code}`, code ?? undefined)
      })
    })
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
