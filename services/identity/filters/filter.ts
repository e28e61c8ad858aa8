/**
 * Inexact filters of a list, as Keystone spells them in the query: `name__contains=x`, `name__istartswith=x`. A filter with an unknown
 * way of comparing is no filter.
 */
export interface Filter {
  readonly field: string
  readonly way: Way
  readonly text: string
}

type Way = keyof typeof ways

const ways = {
  contains: (value: string, text: string) => value.includes(text),
  startswith: (value: string, text: string) => value.startsWith(text),
  endswith: (value: string, text: string) => value.endsWith(text),
  icontains: (value: string, text: string) => value.toLowerCase().includes(text.toLowerCase()),
  istartswith: (value: string, text: string) => value.toLowerCase().startsWith(text.toLowerCase()),
  iendswith: (value: string, text: string) => value.toLowerCase().endsWith(text.toLowerCase()),
} as const

/** The inexact filters in a query that speak about one of `fields`. */
export const inexactFilters = (query: object, fields: readonly string[]): readonly Filter[] =>
  Object.entries(query).flatMap(([name, value]) => {
    const [field = '', way = '', ...more] = name.split('__')
    if (more.length > 0 || !fields.includes(field) || !Object.hasOwn(ways, way)) return []
    return [value].flat().flatMap(text => (typeof text === 'string' ? [{ field, way: way as Way, text }] : []))
  })

/** Whether `read(field)` passes every filter. */
export const passes = (filters: readonly Filter[], read: (field: string) => string | null | undefined): boolean =>
  filters.every(({ field, way, text }) => ways[way](read(field) ?? '', text))

/**
 * All filters of a query, exact ones (`name=x`) too, for tables small enough to be narrowed in memory. A parameter that names none of
 * `attributes` narrows nothing, as in Keystone; one sent twice must fit both times.
 */
export function fits<T>(query: object, attributes: Readonly<Record<string, (one: T) => string | null>>): (one: T) => boolean {
  const exact = Object.entries(query).flatMap(([name, values]) =>
    Object.hasOwn(attributes, name) ? [values].flat().map((value: unknown) => ({ name, value })) : [],
  )
  const inexact = inexactFilters(query, Object.keys(attributes))
  const read = (name: string, one: T) => attributes[name]?.(one)
  return one => exact.every(({ name, value }) => read(name, one) === value) && passes(inexact, name => read(name, one))
}

/** What a yes-or-no filter says: any word that is not a no is a yes, and so is none at all (`?enabled`). */
export const saysYes = (word: string | undefined): boolean | undefined =>
  word === undefined ? undefined : !['0', 'false', 'f', 'no', 'n', 'off'].includes(word.toLowerCase())
