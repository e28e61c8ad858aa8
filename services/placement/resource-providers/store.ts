import type { Database } from '@kilonova/platform/sql/database.ts'
import type { ProviderRow, Tables, Transaction } from '../tables.ts'
import type { ResourceProvider } from './resource-provider.ts'

/** Providers in the table `resource_provider`. What a transaction has written is seen by passing its `tx.read`. */
export const resourceProviderStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(uuid: string, from = read): Promise<ResourceProvider | undefined> {
    const row = await from.selectFrom('resource_provider').selectAll().where('uuid', '=', uuid).executeTakeFirst()
    return row && toProvider(row)
  },

  async findByName(name: string, from = read): Promise<ResourceProvider | undefined> {
    const row = await from.selectFrom('resource_provider').selectAll().where('name', '=', name).executeTakeFirst()
    return row && toProvider(row)
  },

  async listByUuids(uuids: readonly string[], from = read): Promise<readonly ResourceProvider[]> {
    if (uuids.length === 0) return []
    return (await from.selectFrom('resource_provider').selectAll().where('uuid', 'in', uuids).execute()).map(toProvider)
  },

  async listTree(rootUuid: string, from = read): Promise<readonly ResourceProvider[]> {
    return (await from.selectFrom('resource_provider').selectAll().where('root_uuid', '=', rootUuid).execute()).map(toProvider)
  },

  /** Whether anybody stands directly below. */
  async hasChildren(uuid: string, from = read): Promise<boolean> {
    const row = await from.selectFrom('resource_provider').select('uuid').where('parent_uuid', '=', uuid).limit(1).executeTakeFirst()
    return row !== undefined
  },

  /** Across the corridor, for reading only. */
  async hasAllocations(uuid: string, from = read): Promise<boolean> {
    const row = await from.selectFrom('allocation').select('used').where('provider_uuid', '=', uuid).limit(1).executeTakeFirst()
    return row !== undefined
  },

  insert: (tx: Transaction, provider: ResourceProvider) =>
    tx.change(change(provider, 'created'), sql => sql.insertInto('resource_provider').values(toRow(provider)).execute()),

  /** Its name and place. Its generation is left to those who hold it. */
  update: (tx: Transaction, provider: ResourceProvider) =>
    tx.change(change(provider, 'updated'), sql => {
      const { name, parent_uuid, root_uuid, changed_at } = toRow(provider)
      return sql
        .updateTable('resource_provider')
        .set({ name, parent_uuid, root_uuid, changed_at })
        .where('uuid', '=', provider.uuid)
        .execute()
    }),

  delete: (tx: Transaction, provider: ResourceProvider) =>
    tx.change({ kind: 'placement.resource_provider', id: provider.uuid, act: 'deleted' }, sql =>
      sql.deleteFrom('resource_provider').where('uuid', '=', provider.uuid).execute(),
    ),

  /**
   * From here to the commit nobody else holds these providers: whoever writes what they have, or counts what is taken from them, holds
   * them first. All at once and in the order of the key, so that two holders cannot wait for each other.
   */
  async updateToHold(tx: Transaction, uuids: readonly string[]): Promise<void> {
    if (uuids.length === 0) return
    const all = [...new Set(uuids)].sort()
    await tx.change([], sql =>
      sql
        .updateTable('resource_provider')
        .set(row => ({ generation: row.ref('generation') }))
        .where('uuid', 'in', all)
        .execute(),
    )
  },

  /** The next generation of providers that are held; the write that goes with it tells the change log. */
  async updateGenerations(tx: Transaction, uuids: readonly string[], at: number): Promise<void> {
    if (uuids.length === 0) return
    await tx.change([], sql =>
      sql
        .updateTable('resource_provider')
        .set(row => ({ generation: row('generation', '+', 1), changed_at: at }))
        .where('uuid', 'in', uuids)
        .execute(),
    )
  },
})

export type ResourceProviderStore = ReturnType<typeof resourceProviderStore>

const change = (provider: ResourceProvider, act: string) => ({
  kind: 'placement.resource_provider',
  id: provider.uuid,
  act,
  after: provider,
})

const toRow = (provider: ResourceProvider): ProviderRow => ({
  uuid: provider.uuid,
  name: provider.name,
  generation: provider.generation,
  parent_uuid: provider.parentUuid,
  root_uuid: provider.rootUuid,
  created_at: provider.createdAt,
  changed_at: provider.changedAt,
})

const toProvider = (row: ProviderRow): ResourceProvider => ({
  uuid: row.uuid,
  name: row.name,
  generation: row.generation,
  parentUuid: row.parent_uuid,
  rootUuid: row.root_uuid,
  createdAt: row.created_at,
  changedAt: row.changed_at,
})
