import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables } from '../tables.ts'
import { standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { PortForwarding } from './port-forwarding/port-forwarding.ts'

/** Whoever sees the floating address sees where it leads. */
const isVisible = (projectId: string) =>
  sql<boolean>`portforwardings.floatingip_id in (select id from floatingips where project_id = ${projectId})`

export const portForwardingStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<PortForwarding>(db, {
    table: 'portforwardings',
    kind: 'network.port_forwarding',
    columns: {
      ...standardColumns,
      floatingipId: 'text',
      protocol: 'text',
      externalPort: 'number',
      internalPort: 'number',
      internalPortId: 'text',
      internalIpAddress: 'text',
    },
    isVisible,
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  }),

  async countOf(floatingipId: string, from: Reading = db.read): Promise<number> {
    const { count } = await from
      .selectFrom('portforwardings')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('floatingip_id', '=', floatingipId)
      .executeTakeFirstOrThrow()
    return Number(count)
  },
})

export type PortForwardingStore = ReturnType<typeof portForwardingStore>
