import { type Columns, columns as columnsOf } from '@kilonova/platform/sql/columns.ts'
import type { Dialect, Schema } from '@kilonova/platform/sql/database.ts'

/** `text!` may not be null. */
type ColumnWord = keyof Columns | `${keyof Columns}!`

export interface TableShape {
  readonly columns: Readonly<Record<string, ColumnWord>>
  readonly key: readonly string[]
  readonly unique?: readonly (readonly string[])[]
  readonly indexes?: readonly (readonly string[])[]
}

/** What every resource has. */
export const standard = {
  id: 'id!',
  project_id: 'text!',
  description: 'longText!',
  revision_number: 'integer!',
  created_at: 'time!',
  updated_at: 'time!',
} as const satisfies TableShape['columns']

/** A table, its indexes named after their columns. */
export async function makeTable(schema: Schema, dialect: Dialect, name: string, shape: TableShape): Promise<void> {
  const types = columnsOf(dialect)
  let table = schema.createTable(name)
  for (const [column, word] of Object.entries(shape.columns)) {
    const type = types[word.replace('!', '') as keyof Columns]
    table = table.addColumn(column, type, col => (word.endsWith('!') ? col.notNull() : col))
  }
  await table.addPrimaryKeyConstraint(`${name}_pk`, [...shape.key] as never[]).execute()
  const index = (columns: readonly string[]) =>
    schema
      .createIndex(`${name}_${columns.join('_')}`.slice(0, 60))
      .on(name)
      .columns([...columns])
  for (const columns of shape.unique ?? []) await index(columns).unique().execute()
  for (const columns of shape.indexes ?? []) await index(columns).execute()
}
