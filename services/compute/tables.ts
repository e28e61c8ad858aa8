import type { Database, Flag, Tx } from '@kilonova/platform/sql/database.ts'
import type { TaskTables } from '@kilonova/platform/tasks/migration.ts'

/** The rows of one cell's tables. Times are ISO 8601 text in UTC. */
export interface Tables extends TaskTables {
  instance: InstanceRow
  /** One row: the number given last. */
  instance_counter: { last: number }
  extension_record: ExtensionRecordRow
  service: ServiceRow
  server_password: { instance_id: string; sealed: string }
  instance_action: InstanceActionRow
  instance_action_event: InstanceActionEventRow
  migration: MigrationRow
  /** One row: the number given last. */
  migration_counter: { last: number }
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
  /** What the flavor says, for sums. */
  vcpus: number
  memory_mb: number
  deleted_at: string | null
}

export interface InstanceActionRow {
  id: string
  instance_id: string
  request_id: string
  action: string
  user_id: string | null
  project_id: string | null
  started_at: string
  updated_at: string
  finished_at: string | null
  message: string | null
}

export interface InstanceActionEventRow {
  action_id: string
  event: string
  started_at: string
  finished_at: string | null
  result: string | null
  host: string | null
  details: string | null
}

export interface MigrationRow {
  number: number
  id: string
  instance_id: string
  kind: string
  status: string
  source_host: string | null
  source_node: string | null
  dest_host: string | null
  dest_node: string | null
  dest_address: string | null
  old_flavor_id: string | null
  old_flavor_number: number | null
  new_flavor_number: number | null
  new_flavor_id: string | null
  user_id: string | null
  project_id: string | null
  created_at: string
  updated_at: string | null
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
