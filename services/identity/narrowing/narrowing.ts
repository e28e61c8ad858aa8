/**
 * The filters of list queries, for tables small enough to be narrowed in memory. `name=x` wants it equal; `name__contains`,
 * `name__startswith` and `name__endswith` want less, and with an `i` before the word (`name__icontains`) case does not count. A parameter
 * that names no attribute narrows nothing, as in Keystone; one sent twice must fit both times.
 */
export function fits<T>(query: object, attributes: Readonly<Record<string, (one: T) => string | null>>): (one: T) => boolean {
  const tests = Object.entries(query).flatMap(([parameter, values]) => {
    const [name = '', word] = parameter.split('__', 2)
    const read = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    const compare = comparisonOf(word)
    if (!read || !compare) return []
    return [values].flat().flatMap(value => (typeof value === 'string' ? [(one: T) => holds(compare, read(one), value)] : []))
  })
  return one => tests.every(test => test(one))
}

type Comparison = (has: string, wanted: string) => boolean

const holds = (compare: Comparison, has: string | null, wanted: string) => has !== null && compare(has, wanted)

const comparisons: Readonly<Record<string, Comparison>> = {
  contains: (has, wanted) => has.includes(wanted),
  startswith: (has, wanted) => has.startsWith(wanted),
  endswith: (has, wanted) => has.endsWith(wanted),
}

function comparisonOf(word: string | undefined): Comparison | undefined {
  if (word === undefined) return (has, wanted) => has === wanted
  if (Object.hasOwn(comparisons, word)) return comparisons[word]
  const plain = word.startsWith('i') ? comparisons[word.slice(1)] : undefined
  return plain && ((has, wanted) => plain(has.toLowerCase(), wanted.toLowerCase()))
}
