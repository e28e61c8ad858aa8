import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import type { Reckoned } from './tenant-usage.ts'

export interface Window {
  readonly projectId: string | undefined
  /** Milliseconds since 1970. */
  readonly start: number
  readonly stop: number
  readonly limit: number
  /** The last one of the page before. */
  readonly after: { readonly launchedAt: string | null; readonly id: string } | undefined
}

/** Across the corridor, for reading only: the servers of one cell that ran within a span, gone ones too; the one that began first comes first. */
export const reckonedStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list({ projectId, start, stop, limit, after }: Window): Promise<readonly Reckoned[]> {
    const [from, to] = [new Date(start).toISOString(), new Date(stop).toISOString()]
    let rows = read
      .selectFrom('instance')
      .select(['id', 'name', 'project_id', 'flavor', 'vm_state', 'launched_at', 'terminated_at'])
      .where('launched_at', '<', to)
      .where(({ eb, or }) => or([eb('terminated_at', 'is', null), eb('terminated_at', '>', from)]))
    if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
    if (after)
      rows = rows.where(({ eb, or, and }) =>
        or([
          eb('launched_at', '>', after.launchedAt ?? ''),
          and([eb('launched_at', '=', after.launchedAt ?? ''), eb('id', '>', after.id)]),
        ]),
      )
    const found = await rows.orderBy('launched_at').orderBy('id').limit(limit).execute()
    return found.map(row => ({
      ...{ id: row.id, name: row.name, projectId: row.project_id, vmState: row.vm_state, flavor: JSON.parse(row.flavor) },
      ...{ launchedAt: momentOf(row.launched_at), terminatedAt: momentOf(row.terminated_at) },
    }))
  },

  async find(id: string): Promise<Window['after'] | undefined> {
    const row = await read.selectFrom('instance').select(['id', 'launched_at']).where('id', '=', id).executeTakeFirst()
    return row && { id: row.id, launchedAt: row.launched_at }
  },
})

export type ReckonedStore = ReturnType<typeof reckonedStore>

const momentOf = (iso: string | null) => (iso === null ? null : Date.parse(iso))
