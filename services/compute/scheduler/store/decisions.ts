import type { Selectable } from 'kysely'
import type { ApiRead, ApiTransaction, SchedulingDecisionRow } from '../../tables/api.ts'
import type { Decision } from '../scheduler/decision.ts'

/** Decisions of the scheduler. Nobody watches them: what follows from them is told by the servers. */
export const decisionStore = ({ read }: ApiRead) => ({
  /** The newest first. */
  async listOfServer(serverId: string, limit: number): Promise<readonly Decision[]> {
    const rows = await read
      .selectFrom('scheduling_decision')
      .selectAll()
      .where('server_id', '=', serverId)
      .orderBy('made_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    return rows.map(toDecision)
  },

  insert: (tx: ApiTransaction, { ranked, refused, ...decision }: Decision) =>
    tx.change([], sql =>
      sql
        .insertInto('scheduling_decision')
        .values({
          ...{ id: decision.id, server_id: decision.serverId, project_id: decision.projectId, request_id: decision.requestId },
          ...{ made_at: decision.at, host: decision.host, says: decision.says },
          ...{ ranked: JSON.stringify(ranked), refused: JSON.stringify(refused) },
        })
        .execute(),
    ),

  deleteBefore: (tx: ApiTransaction, madeAt: string) =>
    tx.change([], sql => sql.deleteFrom('scheduling_decision').where('made_at', '<', madeAt).execute()),
})

export type DecisionStore = ReturnType<typeof decisionStore>

const toDecision = (row: Selectable<SchedulingDecisionRow>): Decision => ({
  ...{ id: row.id, serverId: row.server_id, projectId: row.project_id, requestId: row.request_id, at: row.made_at },
  ...{ host: row.host, says: row.says, ranked: JSON.parse(row.ranked), refused: JSON.parse(row.refused) },
})
