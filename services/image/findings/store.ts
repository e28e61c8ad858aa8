import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import type { Kept } from './finding.ts'

/** Across the corridor, for reading only. */
export const findingStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** Those that can be downloaded and lie in files of ours. */
  async list(): Promise<readonly Kept[]> {
    const rows = await read
      .selectFrom('image')
      .select(['id', 'name', 'size', 'locations'])
      .where('status', 'in', ['active', 'deactivated'])
      .orderBy('id')
      .execute()
    return rows.map(({ id, name, size, locations }) => ({
      ...{ id, name, sizeBytes: size === null ? null : Number(size) },
      urls: (JSON.parse(locations) as readonly { readonly url: string }[]).map(({ url }) => url).filter(url => url.startsWith('file:///')),
    }))
  },
})

export type FindingStore = ReturnType<typeof findingStore>
