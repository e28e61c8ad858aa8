import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { ConntrackHelper } from './connection-tracker/connection-tracker.ts'

/** Whoever sees the router sees its helpers. */
const isVisible = (projectId: string) =>
  sql<boolean>`conntrack_helpers.router_id in (select id from routers where routers.project_id = ${projectId})`

export const conntrackHelperStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<ConntrackHelper>(db, {
    table: 'conntrack_helpers',
    kind: 'network.conntrack_helper',
    columns: { ...standardColumns, routerId: 'text', protocol: 'text', port: 'number', helper: 'text' },
    isVisible,
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  })

export type ConntrackHelperStore = ReturnType<typeof conntrackHelperStore>
