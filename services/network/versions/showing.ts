import type { View } from '@kilonova/platform/http/view.ts'
import type { May } from '@kilonova/platform/http/endpoint.ts'
import { type Attributes, camel, isGuarded, may } from '../attributes/attribute/attribute.ts'

/** A thing as it goes over the wire. */
export type Wire = Record<string, unknown>

/** Attributes whose value is more than the field of the same name. */
export type Shows<N> = Readonly<Record<string, (thing: N) => unknown>>

interface Field {
  readonly name: string
  /** What logic calls it. */
  readonly field: string
  readonly isGuarded: boolean
}

const shownOf = new WeakMap<Attributes, readonly Field[]>()

/** The attributes that are shown: put together once, as a page may have a thousand things of thirty attributes. */
function fieldsIn(attributes: Attributes): readonly Field[] {
  let fields = shownOf.get(attributes)
  if (fields === undefined) {
    fields = Object.entries(attributes).flatMap(([name, one]) =>
      may(one, 'v') ? [{ name, field: camel(name), isGuarded: isGuarded(one, 'v') }] : [],
    )
    shownOf.set(attributes, fields)
  }
  return fields
}

/** Everything of a thing that the API knows. */
export function wireOf<N>(thing: N, attributes: Attributes, shows: Shows<N> = {}): Wire {
  const wire: Wire = {}
  for (const { name, field } of fieldsIn(attributes)) {
    const special = shows[name]
    const value = special ? special(thing) : (thing as Record<string, unknown>)[field]
    if (value !== undefined) wire[name] = value
    if (name === 'project_id') wire['tenant_id'] = value
  }
  return wire
}

const wires = new WeakMap<object, Wire>()
const texts = new WeakMap<Wire, string | undefined>()

/** The same of a thing that is the same object until it changes: put together once, and its text is remembered beside it. */
export function lastingWireOf<N extends object>(thing: N, attributes: Attributes, shows?: Shows<N>): Wire {
  let wire = wires.get(thing)
  if (wire === undefined) {
    wire = wireOf(thing, attributes, shows)
    wires.set(thing, wire)
    texts.set(wire, undefined)
  }
  return wire
}

function textOf(wire: Wire): string {
  if (!texts.has(wire)) return JSON.stringify(wire)
  let text = texts.get(wire)
  if (text === undefined) {
    text = JSON.stringify(wire)
    texts.set(wire, text)
  }
  return text
}

const asked = new WeakMap<Wire, { readonly more: Wire; readonly target: Wire }>()

/** A wire with what more rules may ask of it; of one that lasts, the same as the last time when that was just this. */
export function askedOf(wire: Wire, more: Wire = {}): Wire {
  const known = asked.get(wire)
  if (known && isSame(known.more, more)) return known.target
  const target = { ...wire, ...more }
  if (texts.has(wire)) asked.set(wire, { more, target })
  return target
}

function isSame(a: Wire, b: Wire): boolean {
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every(name => Object.hasOwn(b, name) && a[name] === b[name])
}

const parts = new WeakMap<Wire, Map<string, Wire>>()

/** A lasting wire without some of its fields is as lasting. */
function lastingPartOf(wire: Wire, hidden: readonly string[]): Wire {
  let known = parts.get(wire)
  if (known === undefined) {
    known = new Map()
    parts.set(wire, known)
  }
  const key = hidden.join(' ')
  let part = known.get(key)
  if (part === undefined) {
    part = { ...wire }
    for (const field of hidden) delete part[field]
    known.set(key, part)
    texts.set(part, undefined)
  }
  return part
}

interface Looking {
  readonly name: string
  readonly attributes: Attributes
  readonly may: May
  /** Those that were asked for; all when there is none. */
  readonly fields: readonly string[]
}

/** What of things this caller sees: without what rules hide, and only the fields that were asked for. Uses up wires that do not last. */
export function seeing({ name, attributes, may: mayThey, fields }: Looking): (wire: Wire, target: Wire) => Wire {
  const guarded = fieldsIn(attributes).flatMap(one => (one.isGuarded ? [{ field: one.name, rule: `get_${name}:${one.name}` }] : []))
  return (wire, target) => {
    // What is undefined is not written: that costs less than a page of copies.
    const hidden = guarded.filter(({ field, rule }) => wire[field] !== undefined && !mayThey(rule, target)).map(({ field }) => field)
    const shown = hidden.length === 0 ? wire : without(wire, hidden)
    return fields.length === 0
      ? shown
      : Object.fromEntries(fields.flatMap(field => (Object.hasOwn(shown, field) ? [[field, shown[field]]] : [])))
  }
}

function without(wire: Wire, hidden: readonly string[]): Wire {
  if (texts.has(wire)) return lastingPartOf(wire, hidden)
  for (const field of hidden) wire[field] = undefined
  return wire
}

const shownSchema = ({ kind }: Attributes[string]) => kind.shownSchema ?? kind.schema

const fieldSchemas = (attributes: Attributes) =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, one]) => [
      ...(may(one, 'v') ? [[name, shownSchema(one)] as const] : []),
      ...(name === 'project_id' ? [['tenant_id', shownSchema(one)] as const] : []),
    ]),
  )

const ready = (schema: object): View<unknown> => ({
  rungs: [],
  render: body => body,
  schema: () => schema as Readonly<Record<string, unknown>>,
})

/** `{"network": {...}}`; the body is whole already. */
export const itemView = (name: string, attributes: Attributes): View<unknown> =>
  ready({ type: 'object', properties: { [name]: { type: 'object', properties: fieldSchemas(attributes) } }, required: [name] })

/** What making one or several answers. */
export const madeView = (name: string, plural: string, attributes: Attributes): View<unknown> => {
  const item = { type: 'object', properties: fieldSchemas(attributes) }
  return ready({
    type: 'object',
    properties: { [name]: item, [plural]: { type: 'array', items: item } },
    anyOf: [{ required: [name] }, { required: [plural] }],
  })
}

/** `{"networks": [...], "networks_links": [...]}` */
export const pageView = (plural: string, attributes: Attributes): View<unknown> => ({
  ...ready({
    type: 'object',
    properties: { [plural]: { type: 'array', items: { type: 'object', properties: fieldSchemas(attributes) } } },
    required: [plural],
  }),
  text: body => {
    const { [plural]: items, ...rest } = body as { readonly [name: string]: readonly Wire[] }
    const page = `"${plural}":[${(items ?? []).map(textOf).join(',')}]`
    const more = JSON.stringify(rest).slice(1, -1)
    return more === '' ? `{${page}}` : `{${page},${more}}`
  },
})
