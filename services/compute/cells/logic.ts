import type { Cause } from '@kilonova/platform/cause.ts'
import type { ApiWrite } from '../tables/api.ts'
import type { CellName } from './cell.ts'
import type { MappingStore } from './store.ts'

/** Where servers are: each cell's stores are found by the server, never assumed. */
export const cellLogic = <Rooms>({
  store,
  write,
  cells,
}: {
  readonly store: MappingStore
  readonly write: ApiWrite
  readonly cells: Readonly<Record<CellName, Rooms>>
}) => ({
  /** The cell where new servers go. */
  first: cells.cell1,
  all: [cells.cell1, cells.cell0] as readonly Rooms[],
  of: async (serverId: string): Promise<Rooms> => cells[(await store.find(serverId)) ?? 'cell1'],
  /** The mapping comes before the server: one that is left over by a failure points at nothing and harms nobody. */
  place: (serverIds: readonly string[], projectId: string, cause: Cause): Promise<unknown> =>
    write(cause, tx => store.insert(tx, serverIds, projectId, 'cell1')),
  ensureFirst: (cause: Cause): Promise<void> => write(cause, store.ensureCells),
})

export type CellLogic<Rooms> = ReturnType<typeof cellLogic<Rooms>>
