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
  hostname: string
  /** JSON; only between a resize and its confirmation. */
  old_flavor: string | null
  new_flavor: string | null
  system_metadata: string
  /** Framed by commas, `,red,blue,`, so that one can be searched for; tags have no commas. */
  tags: string
  progress: number
  locked_by: string | null
  locked_reason: string | null
  node: string | null
  availability_zone: string | null
  request: string
  reservation_id: string
  launch_index: number
  key_name: string | null
  public_key: string | null
  user_data: string | null
  config_drive: Flag
  root_device: string | null
  disk_config: string
  access_ip_v4: string | null
  access_ip_v6: string | null
  trusted_certificates: string | null
  drops_at_shutdown: Flag
  nics: string
  deleted_at: string | null
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
