import type { Database, Tx } from '@kilonova/platform/sql/database.ts'

/** The rows of placement's tables. Moments are milliseconds since 1970. */
export interface Tables {
  resource_provider: ProviderRow
  inventory: InventoryRow
  provider_trait: { provider_uuid: string; trait: string }
  provider_aggregate: { provider_uuid: string; aggregate_uuid: string }
  trait: { name: string; created_at: number }
  resource_class: { name: string; created_at: number }
  consumer: ConsumerRow
  allocation: AllocationRow
}

export interface ProviderRow {
  uuid: string
  name: string
  /** Counts what changes the provider; who writes it holds the provider's row until the commit. */
  generation: number
  parent_uuid: string | null
  root_uuid: string
  created_at: number
  changed_at: number
}

export interface InventoryRow {
  provider_uuid: string
  resource_class: string
  total: number
  reserved: number
  min_unit: number
  max_unit: number
  step_size: number
  allocation_ratio: number
  /** The sum of all allocations from it, kept up in the transaction that writes them. */
  used: number
  changed_at: number
}

/** There is one exactly as long as it has allocations. */
export interface ConsumerRow {
  uuid: string
  generation: number
  project_id: string
  user_id: string
  consumer_type: string | null
}

export interface AllocationRow {
  consumer_uuid: string
  provider_uuid: string
  resource_class: string
  used: number
  changed_at: number
}

export type Transaction = Tx<Tables>
export type Reading = Database<Tables>['read']
/** Runs work in one transaction, again where that is safe: see `Database.transaction`. */
export type Write = Database<Tables>['transaction']
