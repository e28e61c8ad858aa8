import { type RawBuilder, sql } from 'kysely'
import { camel } from '../attributes/attribute/attribute.ts'
import type { Order, Viewer, Wanted } from '../listings/listing.ts'
import { refuseUnknown } from '../refusals/refusal.ts'
import { type ColumnKind, snake, toColumn } from './columns.ts'
import type { Reading } from '../tables.ts'

/** What is searched. */
export interface Shelf {
  readonly table: string
  readonly columns: object
  readonly filters?: Readonly<Record<string, (values: readonly unknown[], viewer: Viewer) => RawBuilder<boolean>>> | undefined
  readonly isSeen: RawBuilder<boolean> | undefined
  readonly viewer: Viewer
  readonly isCount?: boolean
  /** Of the rows, only which they are. */
  readonly onlyIds?: boolean
}

/**
 * The rows of one page. Things are ordered by what the client says and then by their ids, so that an order is always whole and a page begins
 * exactly behind its marker, however many rows come and go meanwhile.
 */
export async function pageOf(read: Reading, shelf: Shelf, wanted: Wanted): Promise<readonly Record<string, unknown>[]> {
  const conditions = conditionsOf(shelf, wanted)
  if (conditions === undefined) return []
  const { table } = shelf
  if (shelf.isCount) return executed(read, sql`select count(*) as count from ${sql.table(table)} ${whereOf(conditions)}`)
  const order = orderOf(shelf, wanted)
  if (wanted.marker !== undefined) conditions.push(await behind(read, shelf, order, wanted.marker))
  const by = order.map(({ column, isRising }) => (isRising ? sql`${column} asc` : sql`${column} desc`))
  const most = wanted.limit === undefined ? sql`` : sql`limit ${sql.lit(wanted.limit)}`
  const rows = await executed(
    read,
    sql`select ${sql.table(table)}.${shelf.onlyIds ? sql.ref('id') : sql`*`} from ${sql.table(table)} ${whereOf(conditions)} order by ${sql.join(by)} ${most}`,
  )
  return wanted.isReversed ? rows.toReversed() : rows
}

const executed = async (read: Reading, query: RawBuilder<unknown>): Promise<readonly Record<string, unknown>[]> =>
  (await query.execute(read as never)).rows as Record<string, unknown>[]

const whereOf = (conditions: readonly RawBuilder<boolean>[]) =>
  conditions.length === 0
    ? sql``
    : sql`where ${sql.join(
        conditions.map(one => sql`(${one})`),
        sql` and `,
      )}`

/** Nothing when no row can fit. */
function conditionsOf(shelf: Shelf, { filters }: Wanted): RawBuilder<boolean>[] | undefined {
  const conditions: RawBuilder<boolean>[] = shelf.isSeen ? [shelf.isSeen] : []
  for (const [name, values] of Object.entries(filters)) {
    const special = shelf.filters?.[name]
    const condition = special ? special(values, shelf.viewer) : ofColumn(shelf, name, values)
    if (condition === undefined) return undefined
    conditions.push(condition)
  }
  return conditions
}

const kindOf = ({ columns }: Pick<Shelf, 'columns'>, name: string) => (columns as Readonly<Record<string, ColumnKind>>)[camel(name)]
const refTo = (table: string, name: string) => sql.ref(`${table}.${snake(camel(name))}`)

function ofColumn(shelf: Shelf, name: string, values: readonly unknown[]): RawBuilder<boolean> | undefined {
  const kind = kindOf(shelf, name)
  if (kind === undefined) return sql<boolean>`1 = 1`
  const inColumn = values.map(value => toColumn(kind, value)).filter(value => value !== undefined)
  const some = inColumn.filter(value => value !== null)
  const column = refTo(shelf.table, name)
  const parts = [
    ...(some.length > 0 ? [sql<boolean>`${column} in (${sql.join(some)})`] : []),
    ...(some.length < inColumn.length ? [sql<boolean>`${column} is null`] : []),
  ]
  return parts.length === 0 ? undefined : sql<boolean>`${sql.join(parts, sql` or `)}`
}

interface Ordered {
  readonly column: RawBuilder<unknown>
  readonly isRising: boolean
}

function orderOf(shelf: Shelf, { sort, isReversed = false }: Wanted): readonly Ordered[] {
  const keys: readonly Order[] = sort.some(({ name }) => name === 'id') ? sort : [...sort, { name: 'id', isRising: true }]
  return keys
    .filter(({ name }) => name === 'id' || kindOf(shelf, name) !== undefined)
    .map(({ name, isRising }) => ({ column: sortable(shelf, name), isRising: isRising !== isReversed }))
}

/** Nulls sort before everything, on every engine. */
function sortable(shelf: Shelf, name: string): RawBuilder<unknown> {
  const column = refTo(shelf.table, name)
  if (name === 'id') return column
  return kindOf(shelf, name) === 'text' ? sql`coalesce(${column}, '')` : sql`coalesce(${column}, -1)`
}

/** Later in this order than the marker: in its first key, or in the second where the first is the same, and so on. */
async function behind(read: Reading, shelf: Shelf, order: readonly Ordered[], marker: string): Promise<RawBuilder<boolean>> {
  const keys = order.map(({ column }, i) => sql`${column} as ${sql.ref(`k${i}`)}`)
  const id = sql.ref(`${shelf.table}.id`)
  const [row] = await executed(read, sql`select ${sql.join(keys)} from ${sql.table(shelf.table)} where ${id} = ${marker}`)
  if (row === undefined) return refuseUnknown('ObjectNotFound', `Object ${marker} not found.`)
  const steps = order.map(({ column, isRising }, i) => {
    const same = order.slice(0, i).map((one, j) => sql`${one.column} = ${row[`k${j}`]}`)
    const later = isRising ? sql`${column} > ${row[`k${i}`]}` : sql`${column} < ${row[`k${i}`]}`
    return sql`(${sql.join([...same, later], sql` and `)})`
  })
  return sql<boolean>`${sql.join(steps, sql` or `)}`
}
