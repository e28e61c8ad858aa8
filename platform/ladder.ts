/**
 * A service's ladder of API versions, and the words that hang things on it.
 *
 * `since` and `until` wrap anything that may vary with the version: a body field, a view field, a query parameter, a route, a status
 * code. `sees` says whether a version sees a span; `at` reads the one value a version sees. No identifier ever carries a version.
 */
export interface Span<T> {
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly what: T
}

export type Varying<T> = T | Span<T> | readonly (T | Span<T>)[]

export interface Ladder<V extends string = string> {
  readonly steps: Readonly<Record<V, string>>
  readonly first: V
  readonly latest: V
  readonly order: readonly V[]
  since<T>(from: V, what: T): Span<T>
  until<T>(to: V, what: T): Span<T>
  between<T>(from: V, to: V, what: T): Span<T>
  /** Position on the ladder, from 0; -1 for a version that is not a rung. */
  rank(version: string): number
  sees(version: string, span: Span<unknown>): boolean
}

export function ladder<const Steps extends Record<string, string>>(steps: Steps): Ladder<keyof Steps & string> {
  type V = keyof Steps & string
  const order = Object.keys(steps) as V[]
  const [first, latest] = [order[0], order.at(-1)]
  if (first === undefined || latest === undefined) throw new Error('a ladder needs a rung')
  const ranks = new Map<string, number>(order.map((version, index) => [version, index]))
  const rank = (version: string) => ranks.get(version) ?? -1

  return {
    steps: steps as Readonly<Record<V, string>>,
    first,
    latest,
    order,
    since: (from, what) => ({ from, what }),
    until: (to, what) => ({ to, what }),
    between: (from, to, what) => ({ from, to, what }),
    rank,
    sees: (version, span) =>
      (span.from === undefined || rank(span.from) <= rank(version)) && (span.to === undefined || rank(version) <= rank(span.to)),
  }
}

export const isSpan = (value: unknown): value is Span<unknown> =>
  typeof value === 'object' && value !== null && 'what' in value && ('from' in value || 'to' in value)

/** The columns of something that varies: one plain value, one span, or a list of both. */
export const columns = <T>(varying: Varying<T>): readonly Span<T>[] =>
  (Array.isArray(varying) ? varying : [varying]).map(one => (isSpan(one) ? (one as Span<T>) : { what: one as T }))

/** What `version` sees of something that varies; where several columns match, the last wins. */
export const at = <T>(versions: Pick<Ladder, 'sees'>, version: string, varying: Varying<T>): T | undefined =>
  columns(varying).findLast(span => versions.sees(version, span))?.what
