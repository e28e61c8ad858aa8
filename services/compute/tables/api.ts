import type { Database, Flag, Tx } from '@kilonova/platform/sql/database.ts'

/** The rows of `nova_api`: what belongs to no cell. */
export interface ApiTables {
  flavor: FlavorRow
  flavor_extra_spec: { flavor_id: string; name: string; value: string }
  flavor_counter: { last: number }
  flavor_access: { flavor_id: string; project_id: string }
  cell_mapping: { id: string; name: string }
  instance_mapping: { instance_id: string; cell_id: string; project_id: string }
  key_pair: KeypairRow
  server_group: ServerGroupRow
  server_group_member: { group_id: string; instance_id: string }
  aggregate: AggregateRow
  aggregate_host: { aggregate_id: number; host: string }
  aggregate_metadata: { aggregate_id: number; name: string; value: string }
  aggregate_counter: { last: number }
  scheduling_decision: SchedulingDecisionRow
  quota_limit: { scope: string; owner: string; user_id: string; resource: string; hard_limit: number }
}

export interface FlavorRow {
  id: string
  /** Nothing but in a flavor that another version of the program made. */
  number: number | null
  name: string
  memory_mb: number
  vcpus: number
  disk_gb: number
  swap_mb: number
  ephemeral_gb: number
  rxtx_factor: number
  is_public: Flag
  disabled: Flag
  description: string | null
  created_at: string
}

export interface SchedulingDecisionRow {
  id: string
  server_id: string
  project_id: string
  request_id: string
  made_at: string
  host: string | null
  says: string | null
  /** JSON. */
  ranked: string
  refused: string
}

export interface KeypairRow {
  number: number
  user_id: string
  name: string
  type: string
  public_key: string
  fingerprint: string
  created_at: string
}

export interface ServerGroupRow {
  id: string
  name: string
  project_id: string
  user_id: string
  policy: string
  /** JSON. */
  rules: string
  created_at: string
}

export interface AggregateRow {
  id: number
  uuid: string
  name: string
  created_at: string
  updated_at: string | null
}

export type ApiTransaction = Tx<ApiTables>
export type ApiWrite = Database<ApiTables>['transaction']
export type ApiRead = Pick<Database<ApiTables>, 'read'>
