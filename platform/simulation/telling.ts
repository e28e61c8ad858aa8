import { inspect } from 'node:util'
import type { Clock } from '../clock.ts'
import { type Log, silentLog } from '../log/log.ts'

/**
 * What the processes of a simulated world log, line by line with the virtual second and the process, for who replays a seed. Others are silent: a
 * thousand worlds say too much.
 */
export function tellingLog(clock: Pick<Clock, 'monotonic'>, name: string, say: (line: string) => void): Log {
  const tell = (message: string, fields: object = {}) => {
    const { error, ...rest }: { readonly error?: unknown } = fields
    const why = error instanceof Error ? ` (${error.message})` : ''
    say(`${(clock.monotonic() / 1000).toFixed(3).padStart(9)} ${name.padEnd(10)} ${message}${why} ${wordsOf(rest)}`)
  }
  return { debug: () => {}, info: tell, warn: tell, error: tell, child: () => tellingLog(clock, name, say) }
}

/** The logs of a world that is replayed on its own; of any other, silence. */
export const logsOf = (clock: Pick<Clock, 'monotonic'>, isReplayed: boolean): ((name: string) => Log) =>
  isReplayed ? name => tellingLog(clock, name, line => void process.stderr.write(`${line}\n`)) : () => silentLog

const wordsOf = (fields: object) =>
  Object.entries(fields)
    .filter(([field]) => ['what', 'instance_id', 'key', 'task_id', 'host', 'step'].includes(field))
    .map(([field, value]) => `${field}=${typeof value === 'string' ? value : inspect(value)}`)
    .join(' ')
