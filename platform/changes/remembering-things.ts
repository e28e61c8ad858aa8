import { LRUCache } from 'lru-cache'
import type { LoggedChange } from './change.ts'
import type { Freshness } from './freshness.ts'

/** Things that a process keeps in memory, each until it changes. */
export interface Things<N extends { readonly id: string }> {
  /**
   * Those of `ids` that there are, in their order; `read` is asked for the ones that are not remembered. A thing is the same object until it changes, and
   * nobody may change it.
   */
  recall(ids: readonly string[], read: (ids: readonly string[]) => Promise<readonly N[]>): Promise<readonly N[]>
}

interface ThingsWish<N> {
  /** The id of the thing that is another after this change; `all` where any may be, nothing where none is. */
  readonly touched: (change: LoggedChange) => string | 'all' | undefined
  /** Whether a thing is remembered; one that is made from more than `touched` can tell of is not. */
  readonly keeps: (thing: N) => boolean
  /** So many are remembered; what was not asked for the longest goes first. */
  readonly most: number
}

/**
 * As exact as `freshness`: what is handed out is no older than the moment of asking, so that ids that were read before may be looked up. What was
 * being read when a change came is handed to those who wait for it and not kept.
 */
export function rememberingThings<N extends { readonly id: string }>(fresh: Freshness, { touched, keeps, most }: ThingsWish<N>): Things<N> {
  const kept = new LRUCache<string, N>({ max: most })
  let drops = 0
  fresh.on(change => {
    const id = change === undefined ? 'all' : touched(change)
    if (id === undefined) return
    drops++
    if (id === 'all') kept.clear()
    else kept.delete(id)
  })

  return {
    async recall(ids, read) {
      await fresh.catchUp()
      const found = ids.map(id => kept.get(id))
      const missing = ids.filter((_, nth) => found[nth] === undefined)
      if (missing.length === 0) return found as readonly N[]
      const before = drops
      const more = new Map((await read(missing)).map(one => [one.id, one]))
      if (drops === before) for (const one of more.values()) if (keeps(one)) kept.set(one.id, one)
      return ids.flatMap((id, nth) => found[nth] ?? more.get(id) ?? [])
    },
  }
}
