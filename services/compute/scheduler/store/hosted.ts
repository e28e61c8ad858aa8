import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../../tables.ts'
import type { HostedServer } from '../scheduler/host.ts'

/** Across the corridor, for reading only: which servers are on which hosts, and what is being done to them. */
export const hostedStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** These servers, as far as they are on a host, or all of them. */
  async list(ids?: readonly string[]): Promise<readonly HostedServer[]> {
    let rows = read
      .selectFrom('instance')
      .select(['id', 'host', 'project_id', 'vm_state', 'task_state', 'launched_at'])
      .where('deleted', '=', 0)
      .where('host', 'is not', null)
    if (ids) rows = rows.where('id', 'in', ids)
    return (await rows.execute()).map(row => ({
      ...{ id: row.id, host: row.host, projectId: row.project_id },
      ...{ vmState: row.vm_state, taskState: row.task_state, launchedAt: row.launched_at },
    }))
  },

  /** When these hosts were heard from last. */
  async seenAt(hosts: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (hosts.length === 0) return new Map()
    const rows = await read
      .selectFrom('service')
      .select(['host', 'seen_at'])
      .where('binary_name', '=', 'nova-compute')
      .where('host', 'in', hosts)
      .execute()
    return new Map(rows.map(row => [row.host, row.seen_at]))
  },
})

export type HostedStore = ReturnType<typeof hostedStore>
