import { Refusal } from '@kilonova/platform/refusal.ts'
import type { CellLogic } from '../../cells/logic.ts'
import type { Server } from '../server.ts'
import { inOrder, type Search } from '../store/search.ts'
import { find } from './find.ts'
import type { ServerCell } from './rooms.ts'

export interface ListWish extends Search {
  readonly limit: number
  readonly marker?: string | undefined
  /** What no database can tell: names by patterns, addresses. Absent: all suit. */
  readonly suits?: ((server: Server) => boolean) | undefined
}

/** So many are read at a time while those that suit are looked for. */
const chunk = 500

/** Lists of servers over all cells, in one order. */
export const listing = (cells: CellLogic<ServerCell>) => {
  const ofCell = async (
    { store }: ServerCell,
    { limit, suits, ...search }: ListWish,
    after: Server | undefined,
  ): Promise<readonly Server[]> => {
    if (suits === undefined) return store.search(search, limit, after)
    const found: Server[] = []
    let last = after
    for (;;) {
      const some = await store.search(search, Math.max(limit, chunk), last)
      found.push(...some.filter(suits))
      last = some.at(-1)
      if (found.length >= limit || some.length < Math.max(limit, chunk)) return found.slice(0, limit)
    }
  }

  return {
    /** Every cell is asked for a whole page, as any of them may hold the first. */
    async list(wish: ListWish): Promise<readonly Server[]> {
      const after = wish.marker === undefined ? undefined : (await find(cells, wish.marker, true))?.server
      if (wish.marker !== undefined && (!after || (wish.projectId !== undefined && after.projectId !== wish.projectId)))
        throw new Refusal('invalid', `marker [${wish.marker}] not found`)
      const pages = await Promise.all(cells.all.map(cell => ofCell(cell, wish, after)))
      // One that moves at this moment may be in both.
      const byId = new Map(pages.toReversed().flatMap(page => page.map(server => [server.id, server] as const)))
      return [...byId.values()].toSorted(inOrder(wish.sorts)).slice(0, wish.limit)
    },
  }
}
