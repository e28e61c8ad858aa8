import { optional } from '@kilonova/platform/http/fields.ts'
import { list, text } from '@kilonova/platform/http/shape.ts'
import { type Attributes, may } from '../attributes/attribute/attribute.ts'
import { flag, whole } from '../attributes/attribute/kinds.ts'
import type { FilterValue, Order, Wanted } from '../listings/listing.ts'
import { refuseBadRequest, refuseBody } from '../refusals/refusal.ts'
import { repr } from '../attributes/attribute/attribute.ts'
import { query } from '../versions.ts'

/** How lists are asked for: any attribute as a filter, `fields`, sort keys and directions, pages by marker. */
const paging = ['fields', 'sort_key', 'sort_dir', 'limit', 'marker', 'page_reverse'] as const
const tagWords = ['tags', 'tags-any', 'not-tags', 'not-tags-any'] as const

const texts = optional(list(text()))

export const listQuery = (attributes: Attributes, isTagged: boolean) =>
  query({
    ...Object.fromEntries([...paging, ...filterNames(attributes), ...(isTagged ? tagWords : [])].map(name => [name, texts])),
  })

const filterNames = (attributes: Attributes) => [
  ...Object.entries(attributes).flatMap(([name, one]) => (may(one, 'f') ? [name] : [])),
  ...(Object.hasOwn(attributes, 'project_id') ? ['tenant_id'] : []),
]

type Asked = Readonly<Record<string, unknown>>

const valuesOf = (asked: Asked, name: string): readonly string[] => {
  const value = asked[name]
  return value === undefined ? [] : [value].flat().map(String)
}

/** The attributes a client wants to see; all when there is none. */
export const fieldsOf = (asked: Asked): readonly string[] => valuesOf(asked, 'fields').filter(name => name !== '')

export interface Page {
  readonly limit: number | undefined
  readonly isReversed: boolean
}

export function wantedOf(asked: Asked, attributes: Attributes, isTagged: boolean): Wanted {
  const limit = limitOf(asked)
  return {
    filters: filtersOf(asked, attributes, isTagged),
    sort: sortOf(asked, attributes),
    limit,
    marker: limit === undefined ? undefined : valuesOf(asked, 'marker')[0],
    isReversed: limit !== undefined && valuesOf(asked, 'page_reverse')[0]?.toLowerCase() === 'true',
  }
}

function limitOf(asked: Asked): number | undefined {
  const [said] = valuesOf(asked, 'limit')
  if (said !== undefined && !/^\d+$/.test(said)) refuseBadRequest('limit', `Limit must be an integer 0 or greater and not '${said}'`)
  const limit = Math.min(Number(said ?? 0), 2_147_483_647)
  return limit === 0 ? undefined : limit
}

function filtersOf(asked: Asked, attributes: Attributes, isTagged: boolean): Wanted['filters'] {
  const known = filterNames(attributes)
  const narrowing = Object.keys(asked).filter(name => !paging.some(word => word === name))
  const wrong = narrowing.filter(name => !known.includes(name) && !(isTagged && tagWords.some(word => word === name)))
  if (wrong.length > 0) refuseBody(`${repr(wrong)} is invalid attribute for filtering`)
  const filters: Record<string, readonly FilterValue[]> = {}
  for (const name of narrowing) {
    const [twin, values] = [name === 'tenant_id' ? 'project_id' : name, valuesOf(asked, name)]
    if (name === 'tenant_id' && asked['project_id'] !== undefined)
      refuseBadRequest('tenant_id', 'Both tenant_id and project_id passed as filters')
    filters[twin] = values.map(value => filterValue(attributes, twin, value))
  }
  return filters
}

function filterValue(attributes: Attributes, name: string, value: string): FilterValue {
  const type = attributes[name]?.kind.schema['type']
  if (type === 'boolean') return flag.read(value)
  return type === 'integer' ? whole().read(value) : value
}

function sortOf(asked: Asked, attributes: Attributes): readonly Order[] {
  const [keys, ways] = [valuesOf(asked, 'sort_key').filter(Boolean), valuesOf(asked, 'sort_dir').filter(Boolean)]
  if (keys.length !== ways.length) refuseBody('The number of sort_keys and sort_dirs must be same')
  const known = keys.map(key => (key === 'tenant_id' ? 'project_id' : key))
  const absent = known.filter(key => !(Object.hasOwn(attributes, key) && attributes[key] && may(attributes[key], 's')))
  if (absent.length > 0) refuseBody(`${repr(absent)} is invalid attribute for sort_keys`)
  const wrong = ways.filter(way => way !== 'asc' && way !== 'desc')
  if (wrong.length > 0) refuseBody(`${repr(wrong)} is invalid value for sort_dirs, valid value is 'asc' and 'desc'`)
  return known.map((name, i) => ({ name, isRising: ways[i] === 'asc' }))
}

/** Where the pages before and behind this one are. */
export function linksOf(self: string, { limit, isReversed }: Page, ids: readonly string[]): readonly { rel: string; href: string }[] {
  if (limit === undefined) return []
  const link = (rel: string, marker: string | undefined, back: boolean) => {
    const url = new URL(self)
    url.searchParams.delete('marker')
    url.searchParams.delete('page_reverse')
    if (marker !== undefined) url.searchParams.set('marker', marker)
    if (back) url.searchParams.set('page_reverse', 'True')
    return { rel, href: url.toString() }
  }
  const isShort = ids.length < limit
  return [
    ...(isShort && !isReversed ? [] : [link('next', ids.at(-1), false)]),
    ...(isShort && isReversed ? [] : [link('previous', ids[0], true)]),
  ]
}
