/** A part of the cloud with a database of its own. Servers that never found a host are kept in `cell0`, which has no hosts. */
export type CellName = 'cell1' | 'cell0'

/** Nova's own ids for them: cell0's is fixed, so that tools find it. */
export const cellIds: Readonly<Record<CellName, string>> = {
  cell0: '00000000-0000-0000-0000-000000000000',
  cell1: '00000000-0000-0000-0000-000000000001',
}

export const cellOf = (id: string): CellName => (id === cellIds.cell0 ? 'cell0' : 'cell1')
