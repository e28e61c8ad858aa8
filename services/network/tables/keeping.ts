import type { Things } from '@kilonova/platform/changes/remembering-things.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { type RawBuilder, sql } from 'kysely'
import { everybody, type Viewer, type Wanted } from '../listings/listing.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { type ColumnKind, fromRow, snake, toRow } from './columns.ts'
import { pageOf } from './paging.ts'

/**
 * How things are kept: one table with a column for each field that is not kept elsewhere, searched by any of them, paged by any order.
 * A store says what its table is and adds the questions that are its own.
 */
export interface Keep<N extends { readonly id: string }> {
  readonly table: string
  /** `network.subnet`: what its changes are called. */
  readonly kind: string
  readonly columns: { readonly [Field in keyof N & string]?: ColumnKind }
  /** Which rows a project sees; its own unless told. */
  readonly isVisible?: ((projectId: string) => RawBuilder<boolean>) | undefined
  /** Filters that are no columns of the table. */
  readonly filters?: Readonly<Record<string, (values: readonly unknown[], viewer: Viewer) => RawBuilder<boolean>>> | undefined
  /** What is kept elsewhere: a query for the page, never one for each row. */
  readonly complete: (rows: readonly Row<N>[], read: Reading, viewer: Viewer) => Promise<readonly N[]>
  readonly projectOf: (thing: N) => string | undefined
  /** Where committed things stay in memory, of a table whose things are the same to every viewer. */
  readonly things?: Things<N> | undefined
}

export type Row<N> = { readonly [Field in keyof N]: N[Field] }

/** For things that are whole as they lie in their table. */
export const asTheyLie = async <N extends object>(rows: readonly N[]): Promise<readonly N[]> => rows.map(row => ({ ...row, tags: [] }))

/** Somebody else changed the same row between our look and our write; the work is done anew. */
export class Raced extends Error {}

export function keeping<N extends { readonly id: string }>(db: Pick<Database<Tables>, 'read'>, keep: Keep<N>) {
  const { table, kind, columns, complete, projectOf } = keep
  const { read } = db
  const own = (projectId: string) => sql<boolean>`${sql.ref(`${table}.project_id`)} = ${projectId}`
  const visible = ({ seesAll, projectId }: Viewer): RawBuilder<boolean> | undefined =>
    seesAll ? undefined : (keep.isVisible ?? own)(projectId ?? '')
  const change = (thing: N, act: string) => ({
    kind,
    id: thing.id,
    act,
    projectId: projectOf(thing),
    after: act === 'deleted' ? undefined : thing,
  })

  async function list(wanted: Wanted, viewer: Viewer = everybody, from: Reading = read): Promise<readonly N[]> {
    const shelf = { ...keep, isSeen: visible(viewer), viewer }
    const whole = (rows: readonly Record<string, unknown>[]) =>
      complete(
        rows.map(row => fromRow<N>(columns, row)),
        from,
        viewer,
      )
    const { things } = keep
    if (things === undefined || from !== read) return whole(await pageOf(from, shelf, wanted))
    const found = await pageOf(from, { ...shelf, onlyIds: true }, wanted)
    return things.recall(
      found.map(({ id }) => String(id)),
      async ids => whole(await from.selectFrom(table).selectAll().where('id', 'in', ids).execute()),
    )
  }

  return {
    list,

    async find(id: string, viewer: Viewer = everybody, from: Reading = read): Promise<N | undefined> {
      const [found] = await list({ filters: { id: [id] }, sort: [] }, viewer, from)
      return found
    },

    async count(filters: Wanted['filters'], from: Reading = read): Promise<number> {
      const rows = await pageOf(from, { ...keep, isSeen: undefined, viewer: everybody, isCount: true }, { filters, sort: [] })
      return Number(rows[0]?.['count'] ?? 0)
    },

    insert: (tx: Transaction, things: readonly N[]) =>
      tx.change(
        things.map(thing => change(thing, 'created')),
        async writer => {
          for (let i = 0; i < things.length; i += 50)
            await writer
              .insertInto(table)
              .values(things.slice(i, i + 50).map(thing => toRow(columns, thing)))
              .execute()
        },
      ),

    /** Writes all columns of a thing whose revision was `seen` when it was read. */
    update: (tx: Transaction, thing: N & { readonly revisionNumber: number }, seen = thing.revisionNumber - 1) =>
      tx.change(change(thing, 'updated'), async writer => {
        const { numUpdatedRows } = await writer
          .updateTable(table)
          .set(toRow(columns, thing))
          .where('id', '=', thing.id)
          .where('revision_number', '=', seen)
          .executeTakeFirst()
        if (Number(numUpdatedRows) === 0) throw new Raced(`${kind} ${thing.id}`)
      }),

    /** Writes some columns of a thing that has no revision, or without looking at it. */
    patch: (tx: Transaction, thing: N) =>
      tx.change(change(thing, 'updated'), writer =>
        writer.updateTable(table).set(toRow(columns, thing)).where('id', '=', thing.id).execute(),
      ),

    delete: (tx: Transaction, thing: N) =>
      tx.change(change(thing, 'deleted'), async writer => {
        const { numDeletedRows } = await writer.deleteFrom(table).where('id', '=', thing.id).executeTakeFirst()
        if (Number(numDeletedRows) === 0) throw new Raced(`${kind} ${thing.id}`)
      }),

    /** From here to the commit nobody else changes it. */
    hold: (tx: Transaction, id: string) =>
      tx.change([], async writer => {
        const { numUpdatedRows } = await writer
          .updateTable(table)
          .set(row => ({ id: row.ref('id') }))
          .where('id', '=', id)
          .executeTakeFirst()
        return Number(numUpdatedRows) > 0
      }),

    column: (field: keyof N & string) => snake(field),
  }
}
