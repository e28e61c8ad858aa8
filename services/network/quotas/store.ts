import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'

/** How much each project has, in `quotausages`, and how much it may have where that was said, in `quotas`. */
export const quotaStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** One more, or fewer; whoever counts holds the row, so that two requests never both take the last. */
  count: (tx: Transaction, projectId: string, resource: string, by: number) =>
    tx.change([], async sql => {
      const { numUpdatedRows } = await sql
        .updateTable('quotausages')
        .set(row => ({ in_use: row('in_use', '+', by) }))
        .where('project_id', '=', projectId)
        .where('resource', '=', resource)
        .executeTakeFirst()
      if (Number(numUpdatedRows) === 0)
        await sql.insertInto('quotausages').values({ project_id: projectId, resource, in_use: by }).execute()
    }),

  async usage(projectId: string, from: Reading = read): Promise<ReadonlyMap<string, number>> {
    const rows = await from.selectFrom('quotausages').selectAll().where('project_id', '=', projectId).execute()
    return new Map(rows.map(row => [String(row['resource']), Number(row['in_use'])]))
  },

  async limits(projectId: string, from: Reading = read): Promise<ReadonlyMap<string, number>> {
    const rows = await from.selectFrom('quotas').selectAll().where('project_id', '=', projectId).execute()
    return new Map(rows.map(row => [String(row['resource']), Number(row['quota'])]))
  },

  /** All that was said, by project. */
  async allLimits(from: Reading = read): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const rows = await from.selectFrom('quotas').selectAll().orderBy('project_id').execute()
    const byProject = Map.groupBy(rows, row => String(row['project_id']))
    return new Map([...byProject].map(([id, some]) => [id, new Map(some.map(row => [String(row['resource']), Number(row['quota'])]))]))
  },

  write: (tx: Transaction, projectId: string, limits: ReadonlyMap<string, number>) =>
    tx.change({ kind: 'network.quota', id: projectId, act: 'updated', projectId, after: Object.fromEntries(limits) }, async sql => {
      await sql.deleteFrom('quotas').where('project_id', '=', projectId).execute()
      const rows = [...limits].map(([resource, quota]) => ({ project_id: projectId, resource, quota }))
      if (rows.length > 0) await sql.insertInto('quotas').values(rows).execute()
    }),
})

export type QuotaStore = ReturnType<typeof quotaStore>
