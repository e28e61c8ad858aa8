import type { View } from '@kilonova/platform/http/view.ts'
import type { May } from '@kilonova/platform/http/endpoint.ts'
import { type Attributes, camel, isGuarded, may } from '../attributes/attribute/attribute.ts'

/** A thing as it goes over the wire. */
export type Wire = Record<string, unknown>

/** Attributes whose value is more than the field of the same name. */
export type Shows<N> = Readonly<Record<string, (thing: N) => unknown>>

/** Everything of a thing that the API knows. */
export function wireOf<N>(thing: N, attributes: Attributes, shows: Shows<N> = {}): Wire {
  const wire: Wire = {}
  for (const [name, one] of Object.entries(attributes)) {
    if (!may(one, 'v')) continue
    const special = shows[name]
    const value = special ? special(thing) : (thing as Record<string, unknown>)[camel(name)]
    if (value !== undefined) wire[name] = value
    if (name === 'project_id') wire['tenant_id'] = value
  }
  return wire
}

/** What of it this caller sees: without what rules hide, and only the fields that were asked for. */
export function seenOf(
  wire: Wire,
  {
    name,
    attributes,
    target,
    may: mayThey,
    fields,
  }: { name: string; attributes: Attributes; target: Wire; may: May; fields: readonly string[] },
): Wire {
  return Object.fromEntries(
    Object.entries(wire).filter(([field]) => {
      if (fields.length > 0 && !fields.includes(field)) return false
      const one = attributes[field]
      return one === undefined || !isGuarded(one, 'v') || mayThey(`get_${name}:${field}`, target)
    }),
  )
}

const fieldSchemas = (attributes: Attributes) =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([name, one]) => [
      ...(may(one, 'v') ? [[name, one.kind.schema] as const] : []),
      ...(name === 'project_id' ? [['tenant_id', one.kind.schema] as const] : []),
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

/** `{"networks": [...], "networks_links": [...]}` */
export const pageView = (plural: string, attributes: Attributes): View<unknown> =>
  ready({
    type: 'object',
    properties: { [plural]: { type: 'array', items: { type: 'object', properties: fieldSchemas(attributes) } } },
    required: [plural],
  })
