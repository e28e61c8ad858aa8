import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { namedColumns, standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { MeteringLabel, MeteringRule } from './metering/metering.ts'

export const labelStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<MeteringLabel>(db, {
    table: 'meteringlabels',
    kind: 'network.metering_label',
    columns: { ...namedColumns, shared: 'flag' },
    isVisible: projectId => sql<boolean>`meteringlabels.project_id = ${projectId} or meteringlabels.shared = 1`,
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  })

export const meteringRuleStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<MeteringRule>(db, {
    table: 'meteringlabelrules',
    kind: 'network.metering_label_rule',
    columns: {
      ...standardColumns,
      meteringLabelId: 'text',
      direction: 'text',
      excluded: 'flag',
      remoteIpPrefix: 'text',
      sourceIpPrefix: 'text',
      destinationIpPrefix: 'text',
    },
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  })

export type LabelStore = ReturnType<typeof labelStore>
export type MeteringRuleStore = ReturnType<typeof meteringRuleStore>
