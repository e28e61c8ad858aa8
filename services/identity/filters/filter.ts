/** A list narrowed by part of a text: `name__contains=x`, `name__istartswith=x`. */
export interface TextFilter {
  readonly on: string
  readonly how: 'contains' | 'startswith' | 'endswith'
  readonly text: string
  readonly anyCase: boolean
}

/** The inexact filters of a query on these attributes. What Keystone does not understand it ignores, and so do we. */
export const textFilters = (query: object, on: readonly string[]): readonly TextFilter[] =>
  Object.entries(query).flatMap(([key, value]) => {
    const [, name = '', anyCase, how] = key.match(/^(\w+?)__(i?)(contains|startswith|endswith)$/) ?? []
    if (!on.includes(name)) return []
    return [value].flat().map(text => ({ on: name, how: how as TextFilter['how'], text: String(text), anyCase: anyCase === 'i' }))
  })

/** Whether a thing, its attributes named as on the wire, passes all filters. */
export const passes = (attributes: Readonly<Record<string, unknown>>, filters: readonly TextFilter[]): boolean =>
  filters.every(({ on, how, text, anyCase }) => {
    const fold = (value: string) => (anyCase ? value.toLowerCase() : value)
    const value = attributes[on]
    if (typeof value !== 'string') return false
    if (how === 'contains') return fold(value).includes(fold(text))
    return how === 'startswith' ? fold(value).startsWith(fold(text)) : fold(value).endsWith(fold(text))
  })

/** What a yes-or-no filter says: any word that is not a no is a yes, and so is none at all (`?enabled`). */
export const saysYes = (word: string | undefined): boolean | undefined =>
  word === undefined ? undefined : !['0', 'false', 'f', 'no', 'n', 'off'].includes(word.toLowerCase())

/** A list cut at the length the operator allows, saying so. */
export const cut = <T>(items: readonly T[], limit: number | undefined): { readonly items: readonly T[]; readonly truncated?: boolean } =>
  limit !== undefined && items.length > limit ? { items: items.slice(0, limit), truncated: true } : { items }
