import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'
import { keeping } from '../tables/keeping.ts'
import { ownOrShared, sharedAmong, sharedFilter } from '../tables/sharing.ts'
import type { AddressGroup } from './address-group/address-group.ts'

export const addressGroupStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<AddressGroup>(db, {
    table: 'address_groups',
    kind: 'network.address_group',
    columns: {
      id: 'text',
      projectId: 'text',
      name: 'text',
      description: 'text',
      addresses: 'json',
      revisionNumber: 'number',
      createdAt: 'text',
      updatedAt: 'text',
    },
    isVisible: ownOrShared('address_groups', 'address_group'),
    filters: { shared: sharedFilter('address_groups', 'address_group') },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const shared = await sharedAmong(
        read,
        'address_group',
        rows.map(({ id }) => id),
        viewer,
      )
      return rows.map(row => ({ ...row, shared: shared.has(row.id), tags: [] }))
    },
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
