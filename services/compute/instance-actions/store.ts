import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Selectable } from 'kysely'
import type { InstanceActionEventRow, InstanceActionRow, Tables, Transaction } from '../tables.ts'
import type { ActionEvent, ActionFilter, ActionKey, InstanceAction } from './instance-action.ts'

/** What was asked of the servers of one cell. Nobody follows these rows: what happens to a server is told as its own change. */
export const instanceActionStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find({ serverId, requestId }: ActionKey, from = read): Promise<InstanceAction | undefined> {
    const row = await from
      .selectFrom('instance_action')
      .selectAll()
      .where('instance_id', '=', serverId)
      .where('request_id', '=', requestId)
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .executeTakeFirst()
    return row && toAction(row)
  },

  /** Newest first. */
  async list({ serverId, limit, before, changedSince, changedBefore }: ActionFilter, from = read): Promise<readonly InstanceAction[]> {
    let rows = from.selectFrom('instance_action').selectAll().where('instance_id', '=', serverId)
    if (changedSince !== undefined) rows = rows.where('updated_at', '>=', changedSince)
    if (changedBefore !== undefined) rows = rows.where('updated_at', '<=', changedBefore)
    if (before)
      rows = rows.where(({ eb, or, and }) =>
        or([eb('started_at', '<', before.startedAt), and([eb('started_at', '=', before.startedAt), eb('id', '<', before.id)])]),
      )
    if (limit !== undefined) rows = rows.limit(limit)
    return (await rows.orderBy('started_at', 'desc').orderBy('id', 'desc').execute()).map(toAction)
  },

  async listOpen(serverId: string, from = read): Promise<readonly Pick<InstanceAction, 'requestId'>[]> {
    const rows = await from
      .selectFrom('instance_action')
      .select('request_id')
      .where('instance_id', '=', serverId)
      .where('finished_at', 'is', null)
      .execute()
    return rows.map(row => ({ requestId: row.request_id }))
  },

  async listEvents(actionId: string, from = read): Promise<readonly ActionEvent[]> {
    const rows = await from
      .selectFrom('instance_action_event')
      .selectAll()
      .where('action_id', '=', actionId)
      .orderBy('started_at', 'desc')
      .orderBy('event')
      .execute()
    return rows.map(toEvent)
  },

  insert: (tx: Transaction, action: InstanceAction) =>
    tx.change([], sql => sql.insertInto('instance_action').values(toRow(action)).execute()),

  /** How it stands: begun anew, or ended. */
  async writeEvent(tx: Transaction, actionId: string, event: ActionEvent): Promise<void> {
    const own = { result: event.result, host: event.host, details: event.details, finished_at: event.finishedAt }
    const known = await tx.read
      .selectFrom('instance_action_event')
      .select('event')
      .where('action_id', '=', actionId)
      .where('event', '=', event.event)
      .executeTakeFirst()
    await tx.change([], async sql => {
      if (known)
        await sql.updateTable('instance_action_event').set(own).where('action_id', '=', actionId).where('event', '=', event.event).execute()
      else
        await sql
          .insertInto('instance_action_event')
          .values({ ...own, action_id: actionId, event: event.event, started_at: event.startedAt })
          .execute()
    })
  },

  /** All its events that have not ended end so. */
  endEvents: (tx: Transaction, actionId: string, ended: Pick<ActionEvent, 'finishedAt' | 'result' | 'host' | 'details'>) =>
    tx.change([], sql =>
      sql
        .updateTable('instance_action_event')
        .set({
          finished_at: ended.finishedAt,
          result: ended.result,
          details: ended.details,
          ...(ended.host === null ? {} : { host: ended.host }),
        })
        .where('action_id', '=', actionId)
        .where('finished_at', 'is', null)
        .execute(),
    ),

  update: (tx: Transaction, { id, ...changed }: Pick<InstanceAction, 'id' | 'updatedAt' | 'finishedAt' | 'message'>) =>
    tx.change([], sql =>
      sql
        .updateTable('instance_action')
        .set({ updated_at: changed.updatedAt, finished_at: changed.finishedAt, message: changed.message })
        .where('id', '=', id)
        .execute(),
    ),
})

export type InstanceActionStore = ReturnType<typeof instanceActionStore>

const toRow = (action: InstanceAction): InstanceActionRow => ({
  ...{ id: action.id, instance_id: action.serverId, request_id: action.requestId, action: action.action },
  ...{ user_id: action.userId, project_id: action.projectId, started_at: action.startedAt, updated_at: action.updatedAt },
  ...{ finished_at: action.finishedAt, message: action.message },
})

const toAction = (row: Selectable<InstanceActionRow>): InstanceAction => ({
  ...{ id: row.id, serverId: row.instance_id, requestId: row.request_id, action: row.action, userId: row.user_id },
  ...{ projectId: row.project_id, startedAt: row.started_at, updatedAt: row.updated_at, finishedAt: row.finished_at },
  message: row.message,
})

const toEvent = (row: Selectable<InstanceActionEventRow>): ActionEvent => ({
  ...{ event: row.event, startedAt: row.started_at, finishedAt: row.finished_at, host: row.host, details: row.details },
  result: row.result as ActionEvent['result'],
})
