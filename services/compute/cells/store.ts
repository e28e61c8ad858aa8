import type { ApiRead, ApiTransaction } from '../tables/api.ts'
import { type CellName, cellIds, cellOf } from './cell.ts'

/** Which cell a server is in. Nobody watches these rows: what happens to servers is told in their cell's log. */
export const mappingStore = ({ read }: ApiRead) => ({
  async find(serverId: string, from = read): Promise<CellName | undefined> {
    const row = await from.selectFrom('instance_mapping').select('cell_id').where('instance_id', '=', serverId).executeTakeFirst()
    return row && cellOf(row.cell_id)
  },

  insert: (tx: ApiTransaction, serverIds: readonly string[], projectId: string, cell: CellName) =>
    tx.change([], sql =>
      sql
        .insertInto('instance_mapping')
        .values(serverIds.map(id => ({ instance_id: id, project_id: projectId, cell_id: cellIds[cell] })))
        .execute(),
    ),

  move: (tx: ApiTransaction, serverId: string, cell: CellName) =>
    tx.change([], sql => sql.updateTable('instance_mapping').set({ cell_id: cellIds[cell] }).where('instance_id', '=', serverId).execute()),

  async ensureCells(tx: ApiTransaction): Promise<void> {
    const known = await tx.read.selectFrom('cell_mapping').select('id').execute()
    const rows = (['cell0', 'cell1'] as const)
      .map(name => ({ id: cellIds[name], name }))
      .filter(({ id }) => !known.some(row => row.id === id))
    if (rows.length > 0) await tx.change([], sql => sql.insertInto('cell_mapping').values(rows).execute())
  },
})

export type MappingStore = ReturnType<typeof mappingStore>
