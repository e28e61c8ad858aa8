import type { Chance } from '@kilonova/platform/chance.ts'
import type { Found } from './found.ts'
import { happens, pick } from './odd-values.ts'

/** A JSON Schema, as a served document holds it. */
export type Schema = Readonly<Record<string, unknown>>

interface Place {
  readonly chance: Chance
  readonly known: Found
  /** What the value is called where it stands. */
  readonly name: string
  readonly depth: number
}

/** A value that a schema admits, as far as the fuzzer understands it: what gets past validation reaches the logic behind. */
export function sensibleValue(schema: Schema, place: Place): unknown {
  const { chance, depth } = place
  if (Array.isArray(schema['enum'])) return pick(chance, schema['enum'])
  if ('const' in schema) return schema['const']
  for (const word of ['anyOf', 'oneOf'] as const) {
    const ways = schema[word]
    if (Array.isArray(ways)) return sensibleValue(pick(chance, ways) as Schema, place)
  }
  const type = pick(chance, [schema['type']].flat())
  switch (type) {
    case 'object':
      return sensibleObject(schema, place)
    case 'array': {
      const least = Number(schema['minItems'] ?? 0)
      const length = Math.max(least, depth > 4 ? 0 : Math.floor(chance.fraction() * 3))
      return Array.from({ length }, () => sensibleValue((schema['items'] as Schema | undefined) ?? {}, { ...place, depth: depth + 1 }))
    }
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? 0) + Math.floor(chance.fraction() * Math.min(100, Number(schema['maximum'] ?? 100)))
    case 'boolean':
      return happens(chance, 0.5)
    case 'null':
      return null
    default:
      return sensibleText(schema, place)
  }
}

function sensibleObject(schema: Schema, place: Place) {
  const { chance, depth } = place
  const properties = Object.entries((schema['properties'] as Readonly<Record<string, Schema>> | undefined) ?? {})
  const needed = (schema['required'] as readonly string[] | undefined) ?? []
  const chosen = properties.filter(([name]) => needed.includes(name) || (depth < 5 && happens(chance, 0.4)))
  const extra = schema['additionalProperties']
  const more =
    extra !== undefined && extra !== false && happens(chance, 0.2) ? [['colour', extra === true ? {} : (extra as Schema)] as const] : []
  return Object.fromEntries([...chosen, ...more].map(([name, one]) => [name, sensibleValue(one, { ...place, name, depth: depth + 1 })]))
}

function sensibleText({ format, maxLength }: Schema, { chance, known, name }: Place): string {
  if (format === 'uuid') return (happens(chance, 0.5) ? known.for(name, chance) : undefined) ?? chance.uuid()
  if (format === 'uri') return 'http://127.0.0.1:9/x'
  if (format === 'date-time') return '2031-01-01T00:00:00.000000Z'
  if (format === 'email') return 'a@example.org'
  if (format === 'cidr') return `10.${Math.floor(chance.fraction() * 9)}.0.0/24`
  if (format === 'ip-address') return `10.${Math.floor(chance.fraction() * 9)}.0.${Math.floor(chance.fraction() * 256)}`
  const isId = /(^|_)id$/.test(name)
  const text = (happens(chance, isId ? 0.8 : 0.1) ? known.for(name, chance) : undefined) ?? `fuzz-${chance.hex().slice(0, 8)}`
  return text.slice(0, Number(maxLength ?? 64))
}
