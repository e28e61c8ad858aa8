import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Dialect, Migration } from '@kilonova/platform/sql/database.ts'
import { type RawBuilder, sql } from 'kysely'

export const instanceSizes: Migration = {
  name: '0008-instance-sizes',
  async up(schema, dialect) {
    const c = columns(dialect)
    // What the flavor says, so that what a project has can be summed up without reading flavors.
    await schema
      .alterTable('instance')
      .addColumn('vcpus', c.integer, col => col.notNull().defaultTo(0))
      .execute()
    await schema
      .alterTable('instance')
      .addColumn('memory_mb', c.integer, col => col.notNull().defaultTo(0))
      .execute()
    await schema.run(sql`update instance set vcpus = ${said(dialect, 'vcpus')}, memory_mb = ${said(dialect, 'memoryMb')}`)
  },
}

const said = (dialect: Dialect, name: string): RawBuilder<number> => {
  if (dialect === 'postgres') return sql`cast(cast(flavor as json)->>${sql.lit(name)} as integer)`
  return sql`cast(json_extract(flavor, ${sql.lit(`$.${name}`)}) as ${sql.raw(dialect === 'mysql' ? 'signed' : 'integer')})`
}
