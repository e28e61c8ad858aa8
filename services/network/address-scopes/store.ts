import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { shareable } from '../tables/sharing.ts'
import type { AddressScope } from './address-scope/address-scope.ts'

export const addressScopeStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<AddressScope>(db, {
    table: 'address_scopes',
    kind: 'network.address_scope',
    columns: {
      ...namedColumns,
      ipVersion: 'number',
      shared: 'flag',
    },
    ...shareable('address_scopes', 'address_scope'),
    projectOf: ({ projectId }) => projectId,
  }),

  async isInPools(id: string, from: Reading): Promise<boolean> {
    const row = await from.selectFrom('subnetpools').select('id').where('address_scope_id', '=', id).limit(1).executeTakeFirst()
    return row !== undefined
  },
})

export type AddressScopeStore = ReturnType<typeof addressScopeStore>
