import type { Selectable } from 'kysely'
import type { ApiRead, ApiTransaction, ServerGroupRow } from '../tables/api.ts'
import type { ServerGroup } from './server-group.ts'

export const serverGroupStore = ({ read }: ApiRead) => ({
  async find(id: string, from = read): Promise<ServerGroup | undefined> {
    const row = await from.selectFrom('server_group').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) return undefined
    const members = await from.selectFrom('server_group_member').selectAll().where('group_id', '=', id).execute()
    return toGroup(row, members)
  },

  /** Of one project, or of all. */
  async list(projectId: string | undefined, from = read): Promise<readonly ServerGroup[]> {
    let rows = from.selectFrom('server_group').selectAll()
    if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
    const found = await rows.orderBy('created_at').orderBy('id').execute()
    const members = await from.selectFrom('server_group_member').selectAll().execute()
    return found.map(row => toGroup(row, members))
  },

  /** The groups that a server is in. */
  async listOf(serverId: string, from = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('server_group_member').select('group_id').where('instance_id', '=', serverId).execute()
    return rows.map(row => row.group_id)
  },

  join: (tx: ApiTransaction, group: ServerGroup, serverIds: readonly string[]) =>
    tx.change(change(group, 'joined'), sql =>
      sql
        .insertInto('server_group_member')
        .values(serverIds.map(id => ({ group_id: group.id, instance_id: id })))
        .execute(),
    ),

  leave: (tx: ApiTransaction, serverId: string) =>
    tx.change([], sql => sql.deleteFrom('server_group_member').where('instance_id', '=', serverId).execute()),

  insert: (tx: ApiTransaction, group: ServerGroup) =>
    tx.change(change(group, 'created'), sql =>
      sql
        .insertInto('server_group')
        .values({
          id: group.id,
          name: group.name,
          project_id: group.projectId,
          user_id: group.userId,
          policy: group.policy,
          rules: JSON.stringify(group.rules),
          created_at: group.createdAt,
        })
        .execute(),
    ),

  delete: (tx: ApiTransaction, group: ServerGroup) =>
    tx.change(change(group, 'deleted'), async sql => {
      await sql.deleteFrom('server_group_member').where('group_id', '=', group.id).execute()
      await sql.deleteFrom('server_group').where('id', '=', group.id).execute()
    }),
})

export type ServerGroupStore = ReturnType<typeof serverGroupStore>

const change = (group: ServerGroup, act: string) => ({
  kind: 'compute.server_group',
  id: group.id,
  act,
  projectId: group.projectId,
  userId: group.userId,
  after: act === 'deleted' ? undefined : { name: group.name, policy: group.policy },
})

const toGroup = (
  row: Selectable<ServerGroupRow>,
  members: readonly { readonly group_id: string; readonly instance_id: string }[],
): ServerGroup => ({
  id: row.id,
  name: row.name,
  projectId: row.project_id,
  userId: row.user_id,
  policy: row.policy,
  rules: JSON.parse(row.rules),
  members: members.filter(member => member.group_id === row.id).map(member => member.instance_id),
  createdAt: row.created_at,
})
