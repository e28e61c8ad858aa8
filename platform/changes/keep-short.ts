import type { Clock, Timer } from '../clock.ts'
import { every } from '../every.ts'
import type { Log } from '../log/log.ts'
import type { ChangeLog } from './change.ts'

const hourMs = 3_600_000
/** Thirty days: who follows the log, an audit or a bill, has been here since. */
const keepMs = 30 * 24 * hourMs

/** Forgets what is older than anybody needs, once an hour: changes, and whatever else `prune` forgets by the same measure. */
export function keepShort(
  { clock, log }: { readonly clock: Pick<Clock, 'after'>; readonly log: Pick<Log, 'info' | 'warn'> },
  ...logs: readonly Pick<ChangeLog, 'prune'>[]
): Timer {
  const prune = async () => {
    for (const each of logs) {
      const forgotten = await each.prune({ keepMs })
      if (forgotten > 0) log.info('forgot what is old', { forgotten })
    }
  }
  return every(clock, hourMs, prune, error => log.warn('what is old could not be forgotten and will be tried again', { error }))
}
