/** The life of an image: from each status to which others. `killed` and `pending_delete` are words of the API that nothing here leads to. */
export type ImageStatus =
  | 'queued'
  | 'saving'
  | 'uploading'
  | 'importing'
  | 'active'
  | 'deactivated'
  | 'killed'
  | 'deleted'
  | 'pending_delete'

// biome-ignore format: a table
export const ways: Readonly<Record<ImageStatus, readonly ImageStatus[]>> = {
  queued:         ['saving', 'uploading', 'importing', 'active', 'deleted'],
  saving:         ['active', 'killed', 'deleted', 'queued'],
  uploading:      ['importing', 'queued', 'deleted'],
  importing:      ['active', 'deleted', 'queued'],
  active:         ['pending_delete', 'deleted', 'deactivated'],
  deactivated:    ['active', 'deleted'],
  killed:         ['deleted'],
  pending_delete: ['deleted', 'active'],
  deleted:        [],
}

export const mayBecome = (from: ImageStatus, to: ImageStatus): boolean => ways[from].includes(to)
