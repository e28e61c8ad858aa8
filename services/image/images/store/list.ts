import type { Reader } from '@kilonova/platform/sql/database.ts'
import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely'
import type { Tables } from '../../tables.ts'
import type { Image, ListWish, SortKey, Viewer } from '../image.ts'

type Eb = ExpressionBuilder<Tables, 'image'>
type Condition = Expression<SqlBool>

/** One page of the images that a viewer may see and that fit all that was asked for. */
export function listImages(from: Reader<Tables>, wish: ListWish) {
  let page = from
    .selectFrom('image')
    .selectAll()
    .where(eb => eb.and([...seen(eb, wish), ...asked(eb, wish)]))
    .limit(wish.limit)
  if (wish.after) {
    const { after } = wish
    page = page.where(eb => behind(eb, wish.sort, after))
  }
  for (const { field, way } of wish.sort) page = page.orderBy(sortable(field), way)
  return page
}

/** Public, community and one's own images, and those shared with one's project; of the community's, others' only when asked for. */
function seen(eb: Eb, { viewer, visibility, memberStatus }: ListWish): Condition[] {
  const { projectId } = viewer
  const isOwn = projectId === undefined ? undefined : eb('owner', '=', projectId)
  const conditions: Condition[] = []
  if (!viewer.isAdmin)
    conditions.push(
      eb.or([eb('visibility', 'in', ['public', 'community']), isOwn, shared(eb, viewer, memberStatus)].filter(one => one !== undefined)),
    )
  if (visibility === undefined) conditions.push(eb.or([eb('visibility', '!=', 'community'), isOwn].filter(one => one !== undefined)))
  else if (visibility !== 'all') conditions.push(eb('visibility', '=', visibility))
  return conditions
}

function shared(eb: Eb, { projectId }: Viewer, memberStatus: ListWish['memberStatus']): Condition | undefined {
  if (projectId === undefined) return undefined
  return eb.and([
    eb('visibility', '=', 'shared'),
    eb.exists(
      eb
        .selectFrom('image_member')
        .select('image_member.member')
        .whereRef('image_member.image_id', '=', 'image.id')
        .where('image_member.member', '=', projectId)
        .$if(memberStatus !== 'all', members => members.where('image_member.status', '=', memberStatus)),
    ),
  ])
}

function asked(eb: Eb, wish: ListWish): Condition[] {
  const conditions: Condition[] = [eb('os_hidden', '=', wish.isHidden ? 1 : 0)]
  if (wish.isProtected !== undefined) conditions.push(eb('protected', '=', wish.isProtected ? 1 : 0))
  if (wish.owner !== undefined) conditions.push(eb('owner', '=', wish.owner))
  for (const [field, words] of Object.entries(wish.oneOf))
    conditions.push(words.length === 0 ? eb.lit(false) : eb(field as 'name', 'in', words))
  for (const { field, is, than } of wish.numbers) conditions.push(eb(field, is, than))
  for (const { field, is, than } of wish.times) conditions.push(eb(sql<string>`substr(${sql.ref(`image.${field}`)}, 1, 19)`, is, than))
  for (const tag of wish.tags) conditions.push(hasTag(eb, tag))
  for (const [name, value] of Object.entries(wish.properties)) conditions.push(hasProperty(eb, name, value))
  return conditions
}

const hasTag = (eb: Eb, tag: string) =>
  eb.exists(
    eb.selectFrom('image_tag').select('image_tag.value').whereRef('image_tag.image_id', '=', 'image.id').where('image_tag.value', '=', tag),
  )

const hasProperty = (eb: Eb, name: string, value: string) =>
  eb.exists(
    eb
      .selectFrom('image_property')
      .select('image_property.name')
      .whereRef('image_property.image_id', '=', 'image.id')
      .where('image_property.name', '=', name)
      .where('image_property.value', '=', value),
  )

/** What is nothing sorts as the smallest, alike on all engines. */
const sortable = (field: SortKey['field']) =>
  field === 'size' ? sql<number>`coalesce(${sql.ref('image.size')}, -1)` : sql<string>`coalesce(${sql.ref(`image.${field}`)}, '')`

const sortValue = (image: Image, field: SortKey['field']): string | number =>
  ({
    name: image.name ?? '',
    status: image.status,
    container_format: image.containerFormat ?? '',
    disk_format: image.diskFormat ?? '',
    size: image.sizeBytes ?? -1,
    id: image.id,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
  })[field]

/** Behind the marker: equal in the first keys, and further in the next. */
const behind = (eb: Eb, sort: readonly SortKey[], after: Image): Condition =>
  eb.or(
    sort.map(({ field, way }, at) =>
      eb.and([
        ...sort.slice(0, at).map(key => eb(sortable(key.field) as Expression<string>, '=', sortValue(after, key.field) as string)),
        eb(sortable(field) as Expression<string>, way === 'asc' ? '>' : '<', sortValue(after, field) as string),
      ]),
    ),
  )
