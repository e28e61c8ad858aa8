import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'
import { keeping } from '../tables/keeping.ts'
import { ownOrShared, sharedAmong, sharedFilter } from '../tables/sharing.ts'
import type { AddressScope } from './address-scope/address-scope.ts'

export const addressScopeStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<AddressScope>(db, {
    table: 'address_scopes',
    kind: 'network.address_scope',
    columns: {
      id: 'text',
      projectId: 'text',
      name: 'text',
      description: 'text',
      ipVersion: 'number',
      shared: 'flag',
      revisionNumber: 'number',
      createdAt: 'text',
      updatedAt: 'text',
    },
    isVisible: ownOrShared('address_scopes', 'address_scope'),
    filters: { shared: sharedFilter('address_scopes', 'address_scope') },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const ids = rows.map(({ id }) => id)
      const shared = await sharedAmong(read, 'address_scope', ids, viewer)
      return rows.map(row => ({ ...row, shared: shared.has(row.id), tags: [] }))
    },
  }),

  async isInPools(id: string, from: Reading): Promise<boolean> {
    const row = await from.selectFrom('subnetpools').select('id').where('address_scope_id', '=', id).limit(1).executeTakeFirst()
    return row !== undefined
  },
})

export type AddressScopeStore = ReturnType<typeof addressScopeStore>
