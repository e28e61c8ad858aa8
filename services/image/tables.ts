import type { Database, Flag, Tx } from '@kilonova/platform/sql/database.ts'
import type { TaskTables } from '@kilonova/platform/tasks/migration.ts'

/** The rows of the image service's tables. Times are ISO 8601 text in UTC with milliseconds. */
export interface Tables extends TaskTables {
  image: ImageRow
  image_property: { image_id: string; name: string; value: string }
  image_tag: { image_id: string; value: string }
  image_member: MemberRow
  image_task: ImageTaskRow
  namespace: NamespaceRow
  namespace_resource_type: NamespaceResourceTypeRow
  namespace_property: NamespaceItemRow
  namespace_object: NamespaceItemRow
  namespace_tag: NamespaceItemRow
}

export interface ImageRow {
  id: string
  name: string | null
  owner: string | null
  visibility: string
  status: string
  disk_format: string | null
  container_format: string | null
  min_disk: number
  min_ram: number
  protected: Flag
  os_hidden: Flag
  size: number | null
  virtual_size: number | null
  checksum: string | null
  os_hash_algo: string | null
  os_hash_value: string | null
  /** JSON: where the data lies, in order. */
  locations: string
  /** The host whose process receives data for the image now. */
  receiver: string | null
  created_at: string
  updated_at: string
}

export interface MemberRow {
  image_id: string
  member: string
  status: string
  created_at: string
  updated_at: string
}

/** What `/v2/tasks` tells of; the work itself is journalled in `task`. */
export interface ImageTaskRow {
  id: string
  type: string
  status: string
  owner: string
  input: string
  result: string | null
  message: string
  image_id: string | null
  request_id: string | null
  user_id: string | null
  expires_at: string | null
  created_at: string
  updated_at: string
}

export interface NamespaceRow {
  name: string
  display_name: string | null
  description: string | null
  visibility: string
  protected: Flag
  owner: string
  created_at: string
  updated_at: string
}

export interface NamespaceResourceTypeRow {
  namespace: string
  name: string
  prefix: string | null
  properties_target: string | null
  created_at: string
  updated_at: string
}

/** A property, an object or a tag of a namespace: its name, and the rest as JSON. */
export interface NamespaceItemRow {
  namespace: string
  name: string
  content: string
  created_at: string
  updated_at: string
}

export type Transaction = Tx<Tables>
/** Runs work in one transaction, again where that is safe: see `Database.transaction`. */
export type Write = Database<Tables>['transaction']
