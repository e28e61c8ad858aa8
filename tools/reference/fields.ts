import type { JsonSchema } from '@kilonova/platform/http/shape.ts'
import type { Ladder } from '@kilonova/platform/ladder.ts'

/** One line of a table of fields: a field as a window of versions sees it. */
export interface FieldLine {
  readonly name: string
  readonly type: string
  readonly isNeeded: boolean
  readonly since: string | undefined
  readonly until: string | undefined
  readonly about: string | undefined
}

/** The fields of an object over all versions in `seen`; one whose shape changes has a line per shape. */
export function fieldLines(versions: Ladder, seen: readonly string[], schemaAt: (version: string) => JsonSchema): readonly FieldLine[] {
  const open = new Map<string, { line: Omit<FieldLine, 'since' | 'until'>; print: string; from: number; to: number }[]>()
  for (const [index, version] of seen.entries()) {
    const schema = schemaAt(version)
    const needed = (schema['required'] as readonly string[] | undefined) ?? []
    for (const [name, field] of Object.entries((schema['properties'] as Record<string, JsonSchema> | undefined) ?? {})) {
      const isNeeded = needed.includes(name)
      const print = JSON.stringify([field, isNeeded])
      const columns = open.get(name) ?? []
      const last = columns.at(-1)
      if (last?.print === print && last.to === index - 1) last.to = index
      else {
        const line = { name, type: typeText(field), isNeeded, about: field['description'] as string | undefined }
        columns.push({ line, print, from: index, to: index })
      }
      open.set(name, columns)
    }
  }
  return [...open.values()].flat().map(({ line, from, to }) => ({
    ...line,
    since: from === 0 && seen[0] === versions.first ? undefined : seen[from],
    until: to === seen.length - 1 && seen.at(-1) === versions.latest ? undefined : seen[to],
  }))
}

const limits: readonly (readonly [string, (value: unknown) => string])[] = [
  ['minimum', value => `≥ ${value}`],
  ['maximum', value => `≤ ${value}`],
  ['minLength', value => `at least ${value} long`],
  ['maxLength', value => `at most ${value} long`],
  ['minItems', value => `at least ${value}`],
  ['maxItems', value => `at most ${value}`],
  ['pattern', value => `like \`${value}\``],
  ['format', value => String(value)],
]

/** A shape in a few words: `text, at most 255 long`, `list of {id, name?}`. */
export function typeText(schema: JsonSchema): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map(word => `\`${JSON.stringify(word)}\``).join(', ')
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].map(one => typeText(one as JsonSchema)).join(' or ')
  const said = limits.flatMap(([keyword, say]) => (schema[keyword] === undefined ? [] : [say(schema[keyword])]))
  return [wordOf(schema), ...said].join(', ')
}

const words: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'integer',
  number: 'number',
  boolean: 'true or false',
  null: 'null',
}

function wordOf(schema: JsonSchema): string {
  const types = [schema['type']].flat().filter(type => typeof type === 'string')
  if (types.length === 0) return 'anything'
  return types
    .map(type => (type === 'array' ? `list of ${itemsText(schema)}` : type === 'object' ? objectText(schema) : (words[type] ?? type)))
    .join(' or ')
}

const itemsText = (schema: JsonSchema) => typeText((schema['items'] as JsonSchema | undefined) ?? {})

function objectText(schema: JsonSchema): string {
  const properties = Object.entries((schema['properties'] as Record<string, JsonSchema> | undefined) ?? {})
  const needed = (schema['required'] as readonly string[] | undefined) ?? []
  const extra = schema['additionalProperties']
  if (properties.length === 0) return typeof extra === 'object' && extra !== null ? `names to ${typeText(extra as JsonSchema)}` : 'object'
  return `{${[...properties.map(([name]) => (needed.includes(name) ? name : `${name}?`)), ...(extra === true ? ['…'] : [])].join(', ')}}`
}
