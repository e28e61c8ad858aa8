import type { HostState } from '../../scheduler/host.ts'
import type { Filter } from '../../scheduler/request.ts'
import { capabilityOf } from './capabilities.ts'

/** `query`: a JSON text such as `["and", [">=", "$free_ram_mb", 1024], ["<", "$num_instances", 10]]`. */
export const jsonFilter: Filter = {
  name: 'JsonFilter',
  objection(host, { hints }) {
    const query = hints?.['query']
    if (query === undefined || query === '' || query === null) return undefined
    const read = typeof query === 'string' ? parsed(query) : query
    if (read === undefined) return { kind: 'hint', says: `its query cannot be read: ${String(query).slice(0, 200)}` }
    const result = evaluate(read, host)
    if (result === wrong) return { kind: 'hint', says: `its query has an unknown operator: ${JSON.stringify(read).slice(0, 200)}` }
    const isMet = Array.isArray(result) ? result.some(isTrue) : isTrue(result)
    return isMet ? undefined : { kind: 'hint', says: `it does not meet the query ${JSON.stringify(read)}` }
  },
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const wrong = Symbol('wrong')
const isTrue = (value: unknown) => value !== undefined && value !== null && value !== false && value !== 0 && value !== ''

/** A list is an operator and its arguments; what is not known of the host drops out of them. */
function evaluate(query: unknown, host: HostState): unknown {
  if (!Array.isArray(query)) return query
  if (query.length === 0) return true
  const [name, ...rest] = query as readonly unknown[]
  const operator = typeof name === 'string' ? operators.get(name) : undefined
  if (!operator) return wrong
  const values = rest.map(one => (Array.isArray(one) ? evaluate(one, host) : typeof one === 'string' ? meant(one, host) : one))
  if (values.includes(wrong)) return wrong
  return operator(values.filter(value => value !== undefined && value !== null))
}

const meant = (text: string, host: HostState) => (text.startsWith('$') ? capabilityOf(host, text.slice(1).split('.')) : text)

type Operator = (values: readonly unknown[]) => unknown

const allOthers =
  (holds: (first: never, other: never) => boolean): Operator =>
  ([first, ...others]) =>
    others.length > 0 && others.every(other => holds(first as never, other as never))

const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['=', allOthers((a: unknown, b: unknown) => a === b)],
  ['<', allOthers((a: number, b: number) => a < b)],
  ['>', allOthers((a: number, b: number) => a > b)],
  ['<=', allOthers((a: number, b: number) => a <= b)],
  ['>=', allOthers((a: number, b: number) => a >= b)],
  ['in', ([first, ...others]) => others.includes(first)],
  ['not', values => values.map(value => !isTrue(value))],
  ['or', values => values.some(isTrue)],
  ['and', values => values.every(isTrue)],
])
