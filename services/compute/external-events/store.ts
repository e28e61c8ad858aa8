import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { ExternalEvent } from './external-event.ts'

/** Where servers are, and the telling itself: it is kept in the change log and nowhere else. */
export const eventStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async hostsOf(serverIds: readonly string[]) {
    const rows = await read
      .selectFrom('instance')
      .select(['id', 'host', 'project_id'])
      .where('id', 'in', [...serverIds])
      .where('deleted', '=', 0)
      .execute()
    return new Map(rows.map(({ id, host, project_id }) => [id, { host, projectId: project_id }] as const))
  },

  note: (tx: Transaction, { serverId, name, tag, status = 'completed' }: ExternalEvent, projectId: string) =>
    tx.change({ kind: 'compute.server', id: serverId, act: 'told', projectId, after: { event: name, tag, status } }, async () => {}),
})
