import { type RawBuilder, sql } from 'kysely'
import type { Viewer } from '../listings/listing.ts'
import type { Reading } from '../tables.ts'

/** Which rows of a table are a project's own or shared with it by an RBAC policy on that type of object. */
export const ownOrShared =
  (table: string, objectType: string) =>
  (projectId: string): RawBuilder<boolean> =>
    sql<boolean>`${sql.ref(`${table}.project_id`)} = ${projectId} or ${sql.ref(`${table}.id`)} in ${granted(objectType, projectId)}`

/** The objects of a type that some RBAC policy opens to a project. */
export const granted = (objectType: string, projectId: string, action?: string) =>
  sql`(select object_id from rbac_policy where object_type = ${objectType} and target_project in ('*', ${projectId})${
    action === undefined ? sql`` : sql` and action = ${action}`
  })`

/** The filter `shared=True`: open to the viewer's project, or to all. */
export const sharedFilter =
  (table: string, objectType: string) =>
  (values: readonly unknown[], { projectId }: Viewer): RawBuilder<boolean> => {
    const inside = sql<boolean>`${sql.ref(`${table}.id`)} in ${granted(objectType, projectId ?? '', 'access_as_shared')}`
    const asked = new Set(values.map(value => value === true || String(value).toLowerCase() === 'true'))
    if (asked.size !== 1) return sql<boolean>`1 = 1`
    return asked.has(true) ? inside : sql<boolean>`not (${inside})`
  }

/** Of these objects, those that are shared with the viewer's project or with all. */
export async function sharedAmong(
  read: Reading,
  objectType: string,
  ids: readonly string[],
  { projectId }: Viewer,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set()
  const rows = await read
    .selectFrom('rbac_policy')
    .select('object_id')
    .where('object_type', '=', objectType)
    .where('action', '=', 'access_as_shared')
    .where('object_id', 'in', ids)
    .where('target_project', 'in', ['*', projectId ?? '*'])
    .execute()
  return new Set(rows.map(row => String(row['object_id'])))
}

/** Resources that RBAC policies open to others: who sees them, by what more they are narrowed, and what more is known of each. */
export const shareable = (table: string, objectType: string) => ({
  isVisible: ownOrShared(table, objectType),
  filters: { shared: sharedFilter(table, objectType), ...tagFilters(table) },
  async complete<N extends { readonly id: string }>(rows: readonly N[], read: Reading, viewer: Viewer) {
    const ids = rows.map(({ id }) => id)
    const [shared, tags] = [await sharedAmong(read, objectType, ids, viewer), await tagsAmong(read, ids)]
    return rows.map(row => ({ ...row, shared: shared.has(row.id), tags: tags.get(row.id) ?? [] }))
  },
})

/** The tags of each of these things. */
export async function tagsAmong(read: Reading, ids: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length === 0) return new Map()
  const rows = await read.selectFrom('tag').selectAll().where('resource_id', 'in', ids).orderBy('tag').execute()
  const byThing = Map.groupBy(rows, row => String(row['resource_id']))
  return new Map([...byThing].map(([id, some]) => [id, some.map(row => String(row['tag']))]))
}

/** The four ways lists are narrowed by tags: all of, any of, and the opposites. */
export const tagFilters = (table: string) => {
  const id = sql.ref(`${table}.id`)
  const split = (values: readonly unknown[]) => values.flatMap(value => String(value).split(','))
  const having = (tag: string) => sql`${id} in (select resource_id from tag where tag = ${tag})`
  const every = (values: readonly unknown[]) => sql<boolean>`${sql.join(split(values).map(having), sql` and `)}`
  const any = (values: readonly unknown[]) => sql<boolean>`${id} in (select resource_id from tag where tag in (${sql.join(split(values))}))`
  return {
    tags: every,
    'tags-any': any,
    'not-tags': (values: readonly unknown[]) => sql<boolean>`not (${every(values)})`,
    'not-tags-any': (values: readonly unknown[]) => sql<boolean>`not (${any(values)})`,
  }
}
