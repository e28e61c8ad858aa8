import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import type { ApiRead, ApiTransaction } from '../tables/api.ts'
import { isResource, type Resource, type SaidLimit, type Taken, usualClass } from './quota.ts'

/** What operators said about limits, in `quota_limit`. */
export const quotaStore = ({ read }: ApiRead) => ({
  /** Of a project and all its users, and of the class for everybody. */
  async listFor(projectId: string, from = read): Promise<readonly SaidLimit[]> {
    const rows = await from
      .selectFrom('quota_limit')
      .selectAll()
      .where(({ eb, or, and }) =>
        or([
          and([eb('scope', '=', 'project'), eb('owner', '=', projectId)]),
          and([eb('scope', '=', 'class'), eb('owner', '=', usualClass)]),
        ]),
      )
      .execute()
    return rows.flatMap(toSaid)
  },

  async listOfClass(name: string, from = read): Promise<readonly SaidLimit[]> {
    const rows = await from.selectFrom('quota_limit').selectAll().where('scope', '=', 'class').where('owner', '=', name).execute()
    return rows.flatMap(toSaid)
  },

  set: (tx: ApiTransaction, said: readonly SaidLimit[]) =>
    tx.change(
      said.map(one => change(one, 'set')),
      async sql => {
        for (const { scope, owner, userId, resource, limit } of said) {
          const key = { scope, owner, user_id: userId, resource }
          const found = sql.updateTable('quota_limit').set({ hard_limit: limit })
          const { numUpdatedRows } = await found
            .where('scope', '=', scope)
            .where('owner', '=', owner)
            .where('user_id', '=', userId)
            .where('resource', '=', resource)
            .executeTakeFirst()
          const isThere =
            numUpdatedRows > 0n ||
            (await tx.read
              .selectFrom('quota_limit')
              .select('hard_limit')
              .where('scope', '=', scope)
              .where('owner', '=', owner)
              .where('user_id', '=', userId)
              .where('resource', '=', resource)
              .executeTakeFirst())
          if (!isThere)
            await sql
              .insertInto('quota_limit')
              .values({ ...key, hard_limit: limit })
              .execute()
        }
      },
    ),

  /** All that was said of a project, or of one user in it. */
  delete: (tx: ApiTransaction, projectId: string, userId: string | undefined) =>
    tx.change({ kind: 'compute.quota', id: projectId, act: 'forgotten', projectId, userId }, sql => {
      const rows = sql.deleteFrom('quota_limit').where('scope', '=', 'project').where('owner', '=', projectId)
      return (userId === undefined ? rows : rows.where('user_id', '=', userId)).execute()
    }),
})

export type QuotaStore = ReturnType<typeof quotaStore>

const change = ({ scope, owner, userId, resource, limit }: SaidLimit, act: string) => ({
  kind: 'compute.quota',
  id: owner,
  act,
  ...(scope === 'project' ? { projectId: owner } : {}),
  after: { scope, user_id: userId === '' ? null : userId, resource, limit },
})

const toSaid = (row: { scope: string; owner: string; user_id: string; resource: string; hard_limit: number }): readonly SaidLimit[] =>
  isResource(row.resource)
    ? [
        {
          scope: row.scope === 'class' ? 'class' : 'project',
          ...{ owner: row.owner, userId: row.user_id, resource: row.resource as Resource, limit: row.hard_limit },
        },
      ]
    : []

/** Across the corridor, for reading only: what servers there are in one cell. */
export const takenStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** One query over an index. Servers that may still be brought back do not count. */
  async sum(projectId: string, userId: string | undefined, from = read): Promise<Taken> {
    let rows = from
      .selectFrom('instance')
      .select(({ fn }) => [fn.countAll().as('instances'), fn.sum('vcpus').as('cores'), fn.sum('memory_mb').as('ram')])
      .where('project_id', '=', projectId)
      .where('deleted', '=', 0)
      .where('vm_state', '!=', 'soft-delete')
    if (userId !== undefined) rows = rows.where('user_id', '=', userId)
    const { instances, cores, ram } = await rows.executeTakeFirstOrThrow()
    return { instances: Number(instances), cores: Number(cores ?? 0), ram: Number(ram ?? 0) }
  },

  /** How many of these servers a user has. */
  async countOf(ids: readonly string[], userId: string, from = read): Promise<number> {
    if (ids.length === 0) return 0
    const rows = from
      .selectFrom('instance')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('id', 'in', ids)
      .where('user_id', '=', userId)
      .where('deleted', '=', 0)
    return Number((await rows.executeTakeFirstOrThrow()).count)
  },
})

export type TakenStore = ReturnType<typeof takenStore>

/** Across the corridor too: what users and projects have that is in no cell. */
export const ownedStore = ({ read }: ApiRead) => ({
  async keypairs(userId: string): Promise<number> {
    const rows = read
      .selectFrom('key_pair')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('user_id', '=', userId)
    return Number((await rows.executeTakeFirstOrThrow()).count)
  },

  async serverGroups(projectId: string, userId?: string): Promise<number> {
    let rows = read
      .selectFrom('server_group')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('project_id', '=', projectId)
    if (userId !== undefined) rows = rows.where('user_id', '=', userId)
    return Number((await rows.executeTakeFirstOrThrow()).count)
  },
})

export type OwnedStore = ReturnType<typeof ownedStore>
