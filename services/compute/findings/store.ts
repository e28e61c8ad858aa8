import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { PowerState, TaskState, VmState } from '../servers/states.ts'
import type { ApiRead } from '../tables/api.ts'
import type { Tables } from '../tables.ts'
import type { Known, OpenTask } from './finding.ts'

/** Across the corridor, for reading only: what the tables of one cell say. */
export const cellFindings = (cell: Known['cell'], { read }: Pick<Database<Tables>, 'read'>) => ({
  async servers(): Promise<readonly Known[]> {
    const rows = await read
      .selectFrom('instance')
      .select(['id', 'number', 'name', 'vm_state', 'task_state', 'power_state', 'host', 'deleted'])
      .orderBy('number')
      .execute()
    return rows.map(row => ({
      ...{ cell, id: row.id, number: Number(row.number), name: row.name, host: row.host, isDeleted: isSet(row.deleted) },
      vmState: row.vm_state as VmState,
      taskState: row.task_state as TaskState | null,
      powerState: row.power_state as PowerState,
    }))
  },

  async openTasks(): Promise<readonly OpenTask[]> {
    const rows = await read
      .selectFrom('task')
      .select(['id', 'name', 'subject', 'state', 'deadline_ms', 'lease_until_ms', 'fault_json'])
      .where('state', 'not in', ['done', 'undone'])
      .orderBy('created_ms')
      .execute()
    return rows.map(row => ({
      ...{ id: row.id, name: row.name, subject: row.subject, state: row.state },
      ...{ deadlineMs: Number(row.deadline_ms), leaseUntilMs: Number(row.lease_until_ms) },
      fault: row.fault_json === null ? undefined : JSON.parse(row.fault_json),
    }))
  },

  async openActions(): Promise<readonly { readonly serverId: string; readonly requestId: string; readonly action: string }[]> {
    const rows = await read
      .selectFrom('instance_action')
      .select(['instance_id', 'request_id', 'action'])
      .where('finished_at', 'is', null)
      .orderBy('started_at')
      .execute()
    return rows.map(row => ({ serverId: row.instance_id, requestId: row.request_id, action: row.action }))
  },
})

export const mappingFindings = ({ read }: ApiRead) => ({
  /** The ids of cells, by server. */
  async cells(): Promise<ReadonlyMap<string, string>> {
    const rows = await read.selectFrom('instance_mapping').select(['instance_id', 'cell_id']).execute()
    return new Map(rows.map(row => [row.instance_id, row.cell_id]))
  },
})

export type CellFindings = ReturnType<typeof cellFindings>
export type MappingFindings = ReturnType<typeof mappingFindings>
