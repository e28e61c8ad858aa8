import type { JsonSchema } from './shape.ts'

/** The words OpenStack's clients send for yes and no. */
const yes = new Set(['true', '1', 'yes', 'on', 't', 'y', ''])
const no = new Set(['false', '0', 'no', 'off', 'f', 'n'])

/**
 * Query text as the values its schema names: integers, booleans and lists. What does not read as such stays text, so that validation
 * names it. A parameter sent several times counts once, the last, unless it is a list. One of `names` that this version does not know yet, or
 * no more, is left out where strange ones are passed over: nobody has checked what it says.
 */
export function readQuery(
  schema: JsonSchema,
  raw: Readonly<Record<string, string | string[]>>,
  names: ReadonlySet<string> = new Set(),
): Record<string, unknown> {
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>
  const read: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(raw)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (!property) {
      if (!(names.has(name) && schema['additionalProperties'] === true)) read[name] = value
    } else if (property['type'] === 'array') read[name] = [value].flat().map(one => readOne(property['items'] as JsonSchema, one))
    else read[name] = readOne(property, typeof value === 'string' ? value : (value.at(-1) ?? ''))
  }
  return read
}

function readOne({ type }: JsonSchema, value: string): unknown {
  const types = [type].flat()
  if ((types.includes('integer') || types.includes('number')) && /^-?\d+(\.\d+)?$/.test(value)) return Number(value)
  if (types.includes('boolean')) {
    const word = value.toLowerCase()
    if (yes.has(word)) return true
    if (no.has(word)) return false
  }
  return value
}
