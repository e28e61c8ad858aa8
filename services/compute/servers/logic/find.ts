import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import type { Rooms, ServerCell } from './rooms.ts'

type Cells = Rooms['cells']

/** The mapped cell first; a server that moves at this moment may be in the other. */
export async function find(cells: Cells, id: string, evenDeleted = false): Promise<{ server: Server; cell: ServerCell } | undefined> {
  const mapped = await cells.of(id)
  for (const cell of [mapped, ...cells.all.filter(one => one !== mapped)]) {
    const server = await (evenDeleted ? cell.store.findEvenDeletedUnchecked(id) : cell.store.findUnchecked(id))
    if (server) return { server, cell }
  }
  return undefined
}

export async function mustFind(cells: Cells, id: string) {
  const found = await find(cells, id)
  if (!found) throw absent(id)
  return found
}

export const absent = (id: string) => new Refusal('not-found', `Instance ${id} could not be found.`)

/** Nothing, where there is no such thing; what else went wrong is told. */
export function nothingIfAbsent(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.kind !== 'not-found') throw error
}
