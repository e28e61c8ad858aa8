import type { Database } from '@kilonova/platform/sql/database.ts'
import type { InventoryRow, Tables, Transaction } from '../tables.ts'
import type { Inventory } from './inventory.ts'

/** Inventories in the table `inventory`. Whoever writes them holds their provider. */
export const inventoryStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list(providerUuids: readonly string[], from = read): Promise<readonly Inventory[]> {
    if (providerUuids.length === 0) return []
    const rows = await from
      .selectFrom('inventory')
      .selectAll()
      .where('provider_uuid', 'in', providerUuids)
      .orderBy('provider_uuid')
      .orderBy('resource_class')
      .execute()
    return rows.map(toInventory)
  },

  async isUsed(resourceClass: string, from = read): Promise<boolean> {
    const row = await from.selectFrom('inventory').select('total').where('resource_class', '=', resourceClass).limit(1).executeTakeFirst()
    return row !== undefined
  },

  insert: (tx: Transaction, inventory: Inventory) =>
    tx.change(change(inventory), sql => sql.insertInto('inventory').values(toRow(inventory)).execute()),

  update: (tx: Transaction, inventory: Inventory) =>
    tx.change(change(inventory), sql =>
      sql
        .updateTable('inventory')
        .set(toRow(inventory))
        .where('provider_uuid', '=', inventory.providerUuid)
        .where('resource_class', '=', inventory.resourceClass)
        .execute(),
    ),

  delete: (tx: Transaction, { providerUuid, resourceClass }: Inventory) =>
    tx.change({ kind, id: providerUuid, act: 'stocked', after: { resourceClass, total: 0 } }, sql =>
      sql.deleteFrom('inventory').where('provider_uuid', '=', providerUuid).where('resource_class', '=', resourceClass).execute(),
    ),

  deleteAll: (tx: Transaction, providerUuid: string) =>
    tx.change({ kind, id: providerUuid, act: 'stocked' }, sql =>
      sql.deleteFrom('inventory').where('provider_uuid', '=', providerUuid).execute(),
    ),

  /** How much is taken now: `used` of each, one statement for each, one change for each provider. */
  async updateUsed(tx: Transaction, taken: readonly Pick<Inventory, 'providerUuid' | 'resourceClass' | 'used'>[]): Promise<void> {
    const changes = [...Map.groupBy(taken, one => one.providerUuid)].map(([id, ofOne]) => ({
      kind,
      id,
      act: 'drawn',
      after: { used: Object.fromEntries(ofOne.map(({ resourceClass, used }) => [resourceClass, used])) },
    }))
    await tx.change(changes, async sql => {
      for (const { providerUuid, resourceClass, used } of taken)
        await sql
          .updateTable('inventory')
          .set({ used })
          .where('provider_uuid', '=', providerUuid)
          .where('resource_class', '=', resourceClass)
          .execute()
    })
  },

  async updateClass(tx: Transaction, from: string, to: string): Promise<void> {
    const rows = await tx.read.selectFrom('inventory').select('provider_uuid').where('resource_class', '=', from).execute()
    const changes = rows.map(row => ({ kind, id: row.provider_uuid, act: 'stocked' }))
    await tx.change(changes, sql => sql.updateTable('inventory').set({ resource_class: to }).where('resource_class', '=', from).execute())
  },
})

export type InventoryStore = ReturnType<typeof inventoryStore>

/** What a provider has is told as a change of the provider: who keeps something of it reads it anew. */
const kind = 'placement.resource_provider'

const change = ({ providerUuid, changedAt: _, ...after }: Inventory) => ({ kind, id: providerUuid, act: 'stocked', after })

const toRow = (inventory: Inventory): InventoryRow => ({
  provider_uuid: inventory.providerUuid,
  resource_class: inventory.resourceClass,
  total: inventory.total,
  reserved: inventory.reserved,
  min_unit: inventory.minUnit,
  max_unit: inventory.maxUnit,
  step_size: inventory.stepSize,
  allocation_ratio: inventory.allocationRatio,
  used: inventory.used,
  changed_at: inventory.changedAt,
})

const toInventory = (row: InventoryRow): Inventory => ({
  providerUuid: row.provider_uuid,
  resourceClass: row.resource_class,
  total: row.total,
  reserved: row.reserved,
  minUnit: row.min_unit,
  maxUnit: row.max_unit,
  stepSize: row.step_size,
  allocationRatio: row.allocation_ratio,
  used: row.used,
  changedAt: row.changed_at,
})
