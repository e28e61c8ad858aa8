import { optional } from '@kilonova/platform/http/fields.ts'
import { list, text } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { query } from '../../versions.ts'
import {
  comparisons,
  type ListWish,
  memberStatuses,
  numberFields,
  type NumberFilter,
  sortFields,
  type SortKey,
  type TimeFilter,
  visibilities,
  type WordField,
  wordFields,
} from '../image.ts'
import { wordsIn } from './words.ts'

// biome-ignore format: a table of fields
const fields = {
  limit:         optional(text()),
  marker:        optional(text()),
  sort:          optional(text()),
  sort_key:      optional(list(text())),
  sort_dir:      optional(list(text())),
  tag:           optional(list(text())),
  member_status: optional(text()),
  visibility:    optional(text()),
  os_hidden:     optional(text()),
  protected:     optional(text()),
  owner:         optional(text()),
}

/** Whatever else is asked for is a filter: by another attribute, or by a custom property. */
export const listQuery = query(fields)
type ListQuery = NonNullable<(typeof listQuery)['type']>

type Asked = Omit<ListWish, 'viewer' | 'after' | 'limit'> & { readonly after: string | undefined; readonly limit: number }

/** What a query string asks for. */
export function listWishOf(asked: ListQuery, usualLimit: number): Asked {
  const others = Object.entries(asked as Readonly<Record<string, unknown>>).filter(([name]) => !Object.hasOwn(fields, name))
  if (others.some(([name]) => name === 'changes-since'))
    throw new Refusal('invalid', 'The "changes-since" filter is no longer available on v2.')
  return {
    memberStatus: oneWord('status', asked.member_status, [...memberStatuses, 'all']) ?? 'accepted',
    visibility: oneWord('visibility value', asked.visibility, [...visibilities, 'all']),
    isHidden: yesOrNo('os_hidden', asked.os_hidden) ?? false,
    isProtected: yesOrNo('protected', asked.protected),
    owner: asked.owner,
    tags: (asked.tag ?? []).map(tag => tag.trim()),
    sort: sortOf(asked),
    after: asked.marker,
    limit: limitOf(asked.limit, usualLimit),
    ...filtersOf(others.map(([name, value]) => [name, String([value].flat().at(-1))])),
  }
}

export function limitOf(said: string | undefined, usual: number): number {
  if (said === undefined) return usual
  if (!/^\s*[-+]?\d+\s*$/.test(said)) throw new Refusal('invalid', 'limit param must be an integer')
  if (Number(said) < 0) throw new Refusal('invalid', 'limit param must be positive')
  return Number(said)
}

function oneWord<const W extends string>(what: string, said: string | undefined, words: readonly W[]): W | undefined {
  if (said === undefined || said === '') return undefined
  const word = words.find(one => one === said)
  if (word === undefined) throw new Refusal('invalid', `Invalid ${what}: ${said}`)
  return word
}

function yesOrNo(name: string, said: string | undefined): boolean | undefined {
  if (said === undefined) return undefined
  const word = name === 'os_hidden' ? said.toLowerCase() : said
  if (word !== 'true' && word !== 'false')
    throw new Refusal('invalid', `Invalid value '${said}' for '${name}' filter. Valid values are 'true' or 'false'.`)
  return word === 'true'
}

/** `sort=name:asc,size` or `sort_key=name&sort_dir=asc`, not both; ties go by age, then by id. */
function sortOf({ sort, sort_key = [], sort_dir = [] }: ListQuery): readonly SortKey[] {
  if (sort !== undefined && (sort_key.length > 0 || sort_dir.length > 0))
    throw new Refusal('invalid', 'Old and new sorting syntax cannot be combined')
  if (sort_dir.length > 1 && sort_dir.length !== sort_key.length)
    throw new Refusal('invalid', 'Number of sort dirs does not match the number of sort keys')
  const ways = sort_dir.map(way => wayOf(way))
  const keys =
    sort === undefined
      ? sort_key.map((key, at) => ({ field: sortField(key), way: ways[at] ?? ways[0] ?? 'desc' }))
      : sort.split(',').map(part => {
          const [key = '', way = 'desc'] = part.split(':')
          return { field: sortField(key), way: wayOf(way) }
        })
  const first = keys[0] ?? { field: 'created_at' as const, way: ways[0] ?? 'desc' }
  const usual = ways.length === 1 ? first.way : 'desc'
  const all: SortKey[] = keys.length > 0 ? [...keys] : [first]
  for (const field of ['created_at', 'id'] as const)
    if (!all.some(key => key.field === field)) all.push({ field, way: keys.length > 0 ? usual : first.way })
  return all
}

function sortField(said: string): SortKey['field'] {
  const field = sortFields.find(one => one === said.trim())
  if (!field) throw new Refusal('invalid', `Invalid sort key: ${said}. It must be one of the following: ${sortFields.join(', ')}.`)
  return field
}

function wayOf(said: string): 'asc' | 'desc' {
  const way = said.trim()
  if (way !== 'asc' && way !== 'desc') throw new Refusal('invalid', `Invalid sort direction: ${said}`)
  return way
}

type Filters = Pick<ListWish, 'oneOf' | 'numbers' | 'times' | 'properties'>
const withOperators: readonly WordField[] = ['id', 'name', 'status', 'disk_format', 'container_format']

function filtersOf(asked: readonly (readonly [string, string])[]): Filters {
  const oneOf: Partial<Record<WordField, readonly string[]>> = {}
  const numbers: NumberFilter[] = []
  const times: TimeFilter[] = []
  const properties: Record<string, string> = {}
  for (const [name, value] of asked) {
    const word = wordFields.find(one => one === name)
    const number = numberFilterOf(name, value)
    if (word) oneOf[word] = withOperators.includes(word) ? chosen(value) : [value]
    else if (number) numbers.push(number)
    else if (name === 'created_at' || name === 'updated_at') times.push(timeFilterOf(name, value))
    else properties[name] = value
  }
  return { oneOf, numbers, times, properties }
}

/** `name=in:a,b`, `name=eq:a` or simply the word. */
function chosen(value: string): readonly string[] {
  const at = value.indexOf(':')
  if (at === -1) return [value]
  const [operator, rest] = [value.slice(0, at), value.slice(at + 1)]
  if (operator === 'eq') return [rest]
  if (operator === 'in') return wordsIn(rest)
  throw new Refusal('invalid', `Unable to filter by unknown operator '${operator}'.`)
}

function numberFilterOf(name: string, value: string): NumberFilter | undefined {
  const end = name.endsWith('_min') ? '>=' : name.endsWith('_max') ? '<=' : '='
  const field = numberFields.find(one => one === (end === '=' ? name : name.slice(0, -4)))
  if (!field) return undefined
  if (!/^\s*[-+]?\d+\s*$/.test(value)) throw new Refusal('invalid', 'Unable to filter on a range with a non-numeric value.')
  return { field, is: end, than: Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value))) }
}

const timeForm = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/

/** `created_at=gt:2016-04-18T21:38:54Z`. Compared to the second, as times are shown. */
function timeFilterOf(field: 'created_at' | 'updated_at', value: string): TimeFilter {
  const [, operator = 'eq', said = ''] = timeForm.test(value)
    ? [value, 'eq', value]
    : (/^([^:]*):(.*)$/.exec(value) ?? [value, 'eq', value])
  const zoned = /(Z|[+-]\d{2}(:?\d{2})?)$/.test(said.slice(10)) || said.length <= 10 ? said : `${said}Z`
  const at = timeForm.test(said) ? Date.parse(zoned.replace(/([+-]\d{2})$/, '$1:00')) : Number.NaN
  if (Number.isNaN(at)) throw new Refusal('invalid', `Bad "${field}" query filter format. Use ISO 8601 DateTime notation.`)
  if (!Object.hasOwn(comparisons, operator)) throw new Refusal('invalid', 'Unable to filter on a unknown operator.')
  return { field, is: comparisons[operator as keyof typeof comparisons], than: new Date(at).toISOString().slice(0, 19) }
}
