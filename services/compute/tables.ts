import type { Database, Flag, Tx } from '@kilonova/platform/sql/database.ts'
import type { TaskTables } from '@kilonova/platform/tasks/migration.ts'

/** The rows of one cell's tables. Times are ISO 8601 text in UTC. */
export interface Tables extends TaskTables {
  instance: InstanceRow
  /** One row: the number given last. */
  instance_counter: { last: number }
  extension_record: ExtensionRecordRow
  service: ServiceRow
}

/** Servers, under the name Nova's table has. */
export interface InstanceRow {
  /** Counts the cloud's servers from 1; makes the name on the host: `instance-00000001`. */
  number: number
  id: string
  name: string
  description: string | null
  project_id: string
  user_id: string
  image_id: string
  /** The flavor as it was when the server was made: JSON. */
  flavor: string
  metadata: string
  vm_state: string
  task_state: string | null
  power_state: string
  host: string | null
  fault: string | null
  created_at: string
  updated_at: string
  launched_at: string | null
  terminated_at: string | null
  deleted: Flag
}

export interface ServiceRow {
  id: string
  number: number
  host: string
  binary_name: string
  disabled: Flag
  disabled_reason: string | null
  forced_down: Flag
  seen_at: string
  facts: string | null
}

/** What a plug-in keeps: a JSON object under an id. */
export interface ExtensionRecordRow {
  plugin: string
  id: string
  project_id: string | null
  value: string
  created_at: string
  updated_at: string
}

export type Transaction = Tx<Tables>
export type Write = Database<Tables>['transaction']
