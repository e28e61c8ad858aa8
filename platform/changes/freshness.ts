import type { ChangeLog, LoggedChange } from './change.ts'

/**
 * What lets a process keep things in memory and still never serve yesterday's: before a cache is asked, `catchUp` compares the change
 * log's head with what has been seen and shows every newer change to those who keep something. One cheap read per use, exact across
 * processes, and no time-to-live.
 */
export interface Freshness {
  /** After it resolves, every change committed before this turn of the event loop has been shown, and all of this process's own. */
  catchUp(): Promise<void>
  /** `see` is shown each change, or `undefined` when too many were missed to tell: then everything kept is to be dropped. */
  on(see: (change: LoggedChange | undefined) => void): void
}

const pageSize = 500
const tooMany = 5_000

export function freshness(log: Pick<ChangeLog, 'head' | 'read' | 'onCommit'>): Freshness {
  const watchers: ((change: LoggedChange | undefined) => void)[] = []
  let seen = -1
  let catching: Promise<void> | undefined
  let looking: Promise<number> | undefined

  /** One look per turn of the event loop, however many ask within it. */
  const look = () => {
    if (!looking) {
      looking = log.head()
      setImmediate(() => {
        looking = undefined
      })
    }
    return looking
  }

  log.onCommit(() => {
    looking = undefined
  })

  async function readOn(head: number) {
    if (seen < 0 || head - seen > tooMany || head < seen) {
      for (const see of watchers) see(undefined)
      seen = head
      return
    }
    while (seen < head) {
      const page = await log.read(seen, { limit: pageSize })
      for (const change of page) for (const see of watchers) see(change)
      seen = page.at(-1)?.offset ?? head
    }
  }

  return {
    on: see => void watchers.push(see),
    async catchUp() {
      const head = await look()
      if (head === seen) return
      // One reader at a time; whoever waited looks again, for its own head may be newer.
      while (catching) await catching
      if (head <= seen && seen >= 0) return
      catching = readOn(head)
      try {
        await catching
      } finally {
        catching = undefined
      }
    },
  }
}
