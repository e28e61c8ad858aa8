import { LRUCache } from 'lru-cache'
import type { LoggedChange } from './change.ts'
import type { Freshness } from './freshness.ts'

/** Answers that a process keeps in memory until something they were made from changes. */
export interface Memory {
  /** The kept answer, or what `make` gives now. It is handed to many: nobody may change it. */
  recall<T extends object>(key: string, make: () => Promise<T>): Promise<T>
}

interface MemoryWish {
  /** Whether answers may be other after this change. */
  readonly touches: (change: LoggedChange) => boolean
  /** How much is kept, in the measure of `weigh`; what was not asked for the longest goes first. */
  readonly most: number
  readonly weigh: (answer: object) => number
}

/**
 * Keeps answers as exactly as `freshness` allows: each is made anew once the change log shows a change that touches it. What was being made
 * when such a change came is given to those who waited for it, who asked before, and not kept.
 */
export function remembering(fresh: Freshness, { touches, most, weigh }: MemoryWish): Memory {
  const kept = new LRUCache<string, object>({ maxSize: most, sizeCalculation: answer => Math.max(1, weigh(answer)) })
  const making = new Map<string, Promise<object>>()
  fresh.on(change => {
    if (change !== undefined && !touches(change)) return
    kept.clear()
    making.clear()
  })

  function begin(key: string, make: () => Promise<object>): Promise<object> {
    const promise = make()
    making.set(key, promise)
    const isCurrent = () => making.get(key) === promise
    promise.then(
      answer => {
        if (!isCurrent()) return
        making.delete(key)
        kept.set(key, answer)
      },
      () => {
        if (isCurrent()) making.delete(key)
      },
    )
    return promise
  }

  return {
    async recall<T extends object>(key: string, make: () => Promise<T>): Promise<T> {
      await fresh.catchUp()
      return (kept.get(key) ?? (await (making.get(key) ?? begin(key, make)))) as T
    },
  }
}

/** Keeps nothing: for what runs without a change log to follow. */
export const forgetful: Memory = { recall: (_, make) => make() }
