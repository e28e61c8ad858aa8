import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** Runs one program to its end and gives what it printed. An error carries what it complained about. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; deadlineMs?: number; env?: Record<string, string> } = {},
): Promise<string> {
  const { stdout } = await execute(program, args, {
    cwd: options.cwd,
    timeout: options.deadlineMs ?? 120_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C', ...options.env },
  })
  return stdout
}
