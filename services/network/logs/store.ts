import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { TrafficLog } from './log/log.ts'

export const logStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<TrafficLog>(db, {
    table: 'logs',
    kind: 'network.log',
    columns: { ...namedColumns, resourceType: 'text', resourceId: 'text', event: 'text', targetId: 'text', enabled: 'flag' },
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  })

export type LogStore = ReturnType<typeof logStore>
