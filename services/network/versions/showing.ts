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

interface Looking {
  readonly name: string
  readonly attributes: Attributes
  readonly may: May
  /** Those that were asked for; all when there is none. */
  readonly fields: readonly string[]
}

/** What of things this caller sees: without what rules hide, and only the fields that were asked for. Uses the wires up. */
export function seeing({ name, attributes, may: mayThey, fields }: Looking): (wire: Wire, target: Wire) => Wire {
  const guarded = fieldsIn(attributes).flatMap(one => (one.isGuarded ? [{ field: one.name, rule: `get_${name}:${one.name}` }] : []))
  return (wire, target) => {
    // What is undefined is not written: that costs less than a page of copies.
    const hidden = guarded.filter(({ field, rule }) => wire[field] !== undefined && !mayThey(rule, target))
    for (const { field } of hidden) wire[field] = undefined
    return fields.length === 0
      ? wire
      : Object.fromEntries(fields.flatMap(field => (Object.hasOwn(wire, field) ? [[field, wire[field]]] : [])))
  }
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
export const pageView = (plural: string, attributes: Attributes): View<unknown> =>
  ready({
    type: 'object',
    properties: { [plural]: { type: 'array', items: { type: 'object', properties: fieldSchemas(attributes) } } },
    required: [plural],
  })
