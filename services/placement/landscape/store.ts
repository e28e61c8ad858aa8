import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import type { Place } from './landscape.ts'

/** Across the corridor, for reading only: providers with all that requests ask about. */
export const landscapeStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** These providers, as far as they exist, or all of them; in the order in which they came. */
  async list(uuids?: readonly string[]): Promise<readonly Omit<Place, 'isAlone'>[]> {
    const providers = read.selectFrom('resource_provider').selectAll().orderBy('created_at').orderBy('uuid')
    const inventories = read.selectFrom('inventory').selectAll()
    const traits = read.selectFrom('provider_trait').selectAll()
    const aggregates = read.selectFrom('provider_aggregate').selectAll()
    const [providerRows, inventoryRows, traitRows, aggregateRows] = await Promise.all([
      (uuids ? providers.where('uuid', 'in', uuids) : providers).execute(),
      (uuids ? inventories.where('provider_uuid', 'in', uuids) : inventories).execute(),
      (uuids ? traits.where('provider_uuid', 'in', uuids) : traits).execute(),
      (uuids ? aggregates.where('provider_uuid', 'in', uuids) : aggregates).execute(),
    ])
    const stocks = Map.groupBy(inventoryRows, row => row.provider_uuid)
    const marks = Map.groupBy(traitRows, row => row.provider_uuid)
    const groups = Map.groupBy(aggregateRows, row => row.provider_uuid)
    return providerRows.map(row => ({
      uuid: row.uuid,
      name: row.name,
      generation: row.generation,
      parentUuid: row.parent_uuid,
      rootUuid: row.root_uuid,
      createdAt: row.created_at,
      changedAt: row.changed_at,
      stock: new Map(
        (stocks.get(row.uuid) ?? []).map(one => [
          one.resource_class,
          {
            providerUuid: one.provider_uuid,
            resourceClass: one.resource_class,
            total: one.total,
            reserved: one.reserved,
            minUnit: one.min_unit,
            maxUnit: one.max_unit,
            stepSize: one.step_size,
            allocationRatio: one.allocation_ratio,
            used: one.used,
            changedAt: one.changed_at,
          },
        ]),
      ),
      traits: new Set((marks.get(row.uuid) ?? []).map(one => one.trait)),
      aggregates: new Set((groups.get(row.uuid) ?? []).map(one => one.aggregate_uuid)),
    }))
  },
})

export type LandscapeStore = ReturnType<typeof landscapeStore>
