import type { Clock } from '../clock.ts'
import type { Reader } from '../sql/database.ts'
import type { ChangeTables } from './log.ts'

/** Rows deleted per transaction: long enough to be quick, short enough that writers hardly wait. */
const rowsAtOnce = 1000

interface Rooms {
  readonly read: Reader<ChangeTables>
  readonly forget: (number: number) => Promise<number>
  readonly clock: Clock
  readonly head: () => Promise<number>
  readonly oldest: () => Promise<number>
}

export async function prune(
  rooms: Rooms,
  limits: { readonly keepMs?: number | undefined; readonly keepCount?: number | undefined },
): Promise<number> {
  const [head, first] = [await rooms.head(), await rooms.oldest()]
  const byCount = limits.keepCount === undefined ? 0 : head - limits.keepCount
  const byAge =
    limits.keepMs === undefined ? 0 : await lastBefore(rooms, new Date(rooms.clock.now() - limits.keepMs).toISOString(), first, head)
  const last = Math.min(Math.max(byCount, byAge), head)
  let forgotten = 0
  for (let from = first; from <= last; from += rowsAtOnce) forgotten += await rooms.forget(Math.min(from + rowsAtOnce - 1, last))
  return forgotten
}

/**
 * The offset of the last change before `moment`, found by halving: offsets are dense, and times rise with them up to the differences
 * between clocks, which do not matter for ages of days.
 */
async function lastBefore({ read }: Rooms, moment: string, first: number, head: number): Promise<number> {
  let [low, high] = [first - 1, head]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const row = await read.selectFrom('change_log').select('at').where('number', '=', middle).executeTakeFirst()
    if (row === undefined || row.at < moment) low = middle
    else high = middle - 1
  }
  return low
}
