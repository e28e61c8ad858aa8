import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { Refusal } from '../refusal.ts'
import type { Reader } from '../sql/database.ts'
import { kept } from '../sql/kept.ts'
import type { ChangeFilter, ChangeLog, LoggedChange, ReadOptions } from './change.ts'
import { type Feed, follower } from './follow.ts'
import { type ChangeTables, changeOf } from './log.ts'
import { prune } from './prune.ts'

const pageSize = 256
const largestPage = 1000

export interface ChangeRooms {
  readonly read: Reader<ChangeTables>
  /** Deletes the rows up to and with `number`, in a transaction of its own. */
  readonly forget: (number: number) => Promise<number>
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

export interface OpenChangeLog extends ChangeLog {
  /** A transaction of this process was committed. */
  committed(head: number): void
  close(): void
}

/** Asked before every use of what a process keeps in memory. */
const headRow = kept((read: Reader<ChangeTables>) => read.selectFrom('change_head').select('head').where('id', '=', 1))

export function changeLog({ read, forget, clock, log }: ChangeRooms): OpenChangeLog {
  const listeners = new Set<(head: number) => void>()

  const head = async () => {
    const [row] = await headRow(read, {})
    return row?.head ?? 0
  }

  const oldest = async () => {
    // The head first: when everything is pruned meanwhile, the answer is too low rather than past changes that exist.
    const latest = await head()
    const row = await read.selectFrom('change_log').select('number').orderBy('number').limit(1).executeTakeFirst()
    return row?.number ?? latest + 1
  }

  const readUpTo = async (since: number, upTo: number | undefined, options: ReadOptions): Promise<LoggedChange[]> => {
    const limit = Math.min(Math.max(options.limit ?? pageSize, 1), largestPage)
    let query = read.selectFrom('change_log').selectAll().where('number', '>', since).orderBy('number').limit(limit)
    if (upTo !== undefined) query = query.where('number', '<=', upTo)
    if (options.projectId !== undefined) query = query.where('project_id', '=', options.projectId)
    if (options.domainId !== undefined) query = query.where('domain_id', '=', options.domainId)
    if (options.id !== undefined) query = query.where('id', '=', options.id)
    if (options.kinds !== undefined) query = query.where('kind', 'in', options.kinds.length > 0 ? options.kinds : [''])
    const rows = await query.execute()
    // Looked at after the rows were read: what was pruned before cannot be missed, what is pruned later was read.
    if (rows[0]?.number !== since + 1) await refuseGap(since)
    return rows.map(changeOf)
  }

  const refuseGap = async (since: number) => {
    const first = await oldest()
    if (since < first - 1)
      throw new Refusal('gone', `The changes after ${since} are no longer kept; the oldest is ${first}. Read the resources anew.`, {
        extra: { oldest: first },
      })
  }

  const feed: Feed = {
    head,
    page: (since: number, upTo: number, filter: ChangeFilter) => readUpTo(since, upTo, { ...filter, limit: pageSize }),
    pageSize,
  }
  const followers = follower({ feed, clock, log })

  return {
    read: (since, options = {}) => readUpTo(since, undefined, options),
    head,
    oldest,
    follow: (since, options = {}) => followers.follow(since, options),
    nudge: () => followers.wake(),
    onCommit: run => {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
    prune: limits => prune({ read, forget, clock, head, oldest }, limits),
    committed: latest => {
      followers.wake()
      for (const run of listeners) run(latest)
    },
    close: () => followers.close(),
  }
}
