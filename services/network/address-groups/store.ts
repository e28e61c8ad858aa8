import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { keeping } from '../tables/keeping.ts'
import { shareable } from '../tables/sharing.ts'
import type { AddressGroup } from './address-group/address-group.ts'

export const addressGroupStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<AddressGroup>(db, {
    table: 'address_groups',
    kind: 'network.address_group',
    columns: {
      ...namedColumns,
      addresses: 'json',
    },
    ...shareable('address_groups', 'address_group'),
    projectOf: ({ projectId }) => projectId,
  }),

  async isInRules(id: string, from: Reading): Promise<boolean> {
    const row = await from
      .selectFrom('securitygrouprules')
      .select('id')
      .where('remote_address_group_id', '=', id)
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },
})

export type AddressGroupStore = ReturnType<typeof addressGroupStore>
