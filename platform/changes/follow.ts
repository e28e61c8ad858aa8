import type { Clock, Timer } from '../clock.ts'
import type { Log } from '../log/log.ts'
import { Refusal } from '../refusal.ts'
import type { ChangeFilter, FollowOptions, LoggedChange } from './change.ts'

/** How often a process looks for changes of which nobody told it, while somebody follows. */
const slowLookMs = 5_000

/** How long a follower waits before it asks a database again that was away. */
const awayMs = 1_000

/** Latest changes kept in memory: those who are up to date are served from them, so that a thousand followers cost one read per commit. */
const tailLength = 1024

export interface Feed {
  head(): Promise<number>
  page(since: number, upTo: number, filter: ChangeFilter): Promise<readonly LoggedChange[]>
  /** A page of so many may have more behind it. */
  readonly pageSize: number
}

interface Rooms {
  readonly feed: Feed
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
}

/** What a follower got in one look, and how far it has seen. */
interface Look {
  readonly changes: readonly LoggedChange[]
  readonly seen: number
}

export function follower({ feed, clock, log }: Rooms) {
  const pulse = heart(clock)
  const tail = latest(feed, pulse.beats)

  async function look(cursor: number, filter: ChangeFilter): Promise<Look> {
    const fromTail = await tail.after(cursor)
    if (fromTail !== undefined) return { changes: fromTail.changes.filter(change => fits(change, filter)), seen: fromTail.seen }
    const head = await feed.head()
    const changes = await feed.page(cursor, head, filter)
    const last = changes.at(-1)
    const seen = changes.length < feed.pageSize || last === undefined ? Math.max(head, cursor) : last.offset
    if (seen === head) tail.beginAt(head)
    return { changes, seen }
  }

  async function* follow(since: number, { signal, ...filter }: FollowOptions): AsyncGenerator<LoggedChange, void, undefined> {
    const over = () => pulse.stopped() || signal?.aborted === true
    let cursor = since
    while (!over()) {
      const heard = pulse.beats()
      const found = await look(cursor, filter).catch(error => waitForDatabase(error, cursor, signal))
      for (const change of found.changes) {
        if (over()) return
        yield change
      }
      if (found.seen === cursor) await pulse.after(heard, signal)
      cursor = found.seen
    }
  }

  async function waitForDatabase(error: unknown, cursor: number, signal: AbortSignal | undefined): Promise<Look> {
    if (pulse.stopped()) return { changes: [], seen: cursor }
    if (!(error instanceof Refusal) || error.kind !== 'unavailable') throw error
    log.warn('Following the changes waits for the database', { since: cursor, error })
    await clock.sleep(awayMs, signal).catch(() => undefined)
    pulse.beat()
    return { changes: [], seen: cursor }
  }

  return { follow, wake: () => pulse.beat(), close: () => pulse.stop() }
}

/** Beats when something may be new: after a commit, when nudged, and slowly by itself while somebody waits. */
function heart(clock: Clock) {
  const waiting = new Set<() => void>()
  let count = 0
  let stopped = false
  let slow: Timer | undefined

  const beat = () => {
    count++
    slow?.stop()
    slow = undefined
    for (const wake of [...waiting]) wake()
  }

  /** Resolves at the first beat after the `heard`th, when stopped, or when aborted. */
  const after = (heard: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise(resolve => {
      if (count !== heard || stopped || signal?.aborted) return resolve()
      const wake = () => {
        waiting.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(wake)
      signal?.addEventListener('abort', wake, { once: true })
      slow ??= clock.after(slowLookMs, beat)
    })

  const stop = () => {
    stopped = true
    beat()
  }
  return { beat, after, stop, beats: () => count, stopped: () => stopped }
}

/** The latest changes, unbroken up to what was seen last. Read at most once per beat, however many ask. */
function latest(feed: Feed, beats: () => number) {
  let from: number | undefined
  let kept: LoggedChange[] = []
  let readAt = -1
  let reading: Promise<void> | undefined

  const end = () => (from ?? 0) + kept.length

  const readMore = async () => {
    const [at, since] = [beats(), end()]
    const fresh = await feed.page(since, Number.MAX_SAFE_INTEGER, {}).catch(asGap)
    readAt = at
    if (from === undefined || since !== end()) return
    // Too far behind to be a tail: those who follow read by themselves until one is at the head again.
    if (fresh === undefined || fresh.length >= feed.pageSize) from = undefined
    if (fresh === undefined) return
    kept = from === undefined ? [] : kept.concat(fresh)
    if (from === undefined || kept.length <= 2 * tailLength) return
    from += kept.length - tailLength
    kept = kept.slice(-tailLength)
  }

  const refresh = async () => {
    while (from !== undefined && readAt !== beats()) {
      reading ??= readMore().finally(() => {
        reading = undefined
      })
      await reading
    }
  }

  return {
    /** What is known after `cursor`; nothing when the tail does not reach back so far. */
    async after(cursor: number): Promise<Look | undefined> {
      if (from === undefined || cursor < from) return undefined
      await refresh()
      if (from === undefined || cursor < from || cursor > end()) return undefined
      return { changes: kept.slice(cursor - from), seen: end() }
    },
    beginAt(head: number): void {
      if (from !== undefined) return
      from = head
      kept = []
      readAt = -1
    },
  }
}

function asGap(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.kind !== 'gone') throw error
}

function fits(change: LoggedChange, { projectId, domainId, kinds, id }: ChangeFilter): boolean {
  if (projectId !== undefined && change.projectId !== projectId) return false
  if (domainId !== undefined && change.domainId !== domainId) return false
  if (id !== undefined && change.id !== id) return false
  return kinds === undefined || kinds.includes(change.kind)
}
