import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const migratedFlavorNumbers: Migration = {
  name: '0010-flavor-numbers',
  async up(schema, dialect) {
    const c = columns(dialect)
    // The numbers of the flavors that a server moves between: a flavor may be gone when its migrations are looked at.
    await schema.alterTable('migration').addColumn('old_flavor_number', c.integer).execute()
    await schema.alterTable('migration').addColumn('new_flavor_number', c.integer).execute()
  },
}
