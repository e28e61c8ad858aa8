import { anything, type JsonSchema } from '@kilonova/platform/http/shape.ts'
import type { View } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { isoTime } from '../../images/image.ts'
import { plainBody } from '../../versions.ts'
import type { Association, Item, WholeNamespace } from '../namespace.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Documents are what clients said, shown again: their fields are not ours to know. */
export const documentView: View<Fields> = { render: document => document, schema: () => anything.schema, rungs: [] }

/** A body that one of the served schemas describes. Whether a regular expression is one is for whoever uses it to say. */
export const bodyOf = (schema: Fields) =>
  plainBody(
    null,
    {
      type: 'object',
      ...JSON.parse(JSON.stringify(schema, (key, value) => (key === 'format' && value === 'regex' ? undefined : value))),
    } as JsonSchema,
    {} as Fields,
  )

export function mustNotSay(body: Fields, names: readonly string[]): void {
  for (const name of names) if (Object.hasOwn(body, name)) throw new Refusal('forbidden', `Attribute '${name}' is read-only.`)
}

const urlOf = (namespace: string) => `/v2/metadefs/namespaces/${encodeURIComponent(namespace)}`
const times = ({ createdAt, updatedAt }: { createdAt: string; updatedAt: string }) => ({
  created_at: isoTime(createdAt),
  updated_at: isoTime(updatedAt),
})

/** `prefix` stands before every property's name, as it would on a resource of the kind that was asked about. */
export function namespaceDocument({ namespace: one, associations, properties, objects, tags }: WholeNamespace, prefix = ''): Fields {
  return {
    namespace: one.name,
    ...(one.displayName === null ? {} : { display_name: one.displayName }),
    ...(one.description === null ? {} : { description: one.description }),
    visibility: one.visibility,
    protected: one.isProtected,
    owner: one.owner,
    ...times(one),
    self: urlOf(one.name),
    schema: '/v2/schemas/metadefs/namespace',
    ...(associations.length === 0 ? {} : { resource_type_associations: associations.map(associationDocument) }),
    ...(properties.length === 0 ? {} : { properties: propertiesDocument(properties, prefix) }),
    ...(objects.length === 0 ? {} : { objects: objects.map(item => objectDocument(item, prefix)) }),
    ...(tags.length === 0 ? {} : { tags: tags.map(({ name }) => ({ name })) }),
  }
}

export const propertiesDocument = (items: readonly Item[], prefix = ''): Fields =>
  Object.fromEntries(items.map(({ name, content }) => [prefix + name, content]))

export const propertyDocument = ({ name, content }: Item): Fields => ({ ...content, name })

export function objectDocument(item: Item, prefix = ''): Fields {
  const { properties = {}, required, ...rest } = item.content as { properties?: Fields; required?: readonly string[] } & Fields
  return {
    ...rest,
    name: item.name,
    properties: Object.fromEntries(Object.entries(properties).map(([name, value]) => [prefix + name, value])),
    ...(required === undefined ? {} : { required: required.map(name => prefix + name) }),
    ...times(item),
    self: `${urlOf(item.namespace)}/objects/${encodeURIComponent(item.name)}`,
    schema: '/v2/schemas/metadefs/object',
  }
}

export const tagDocument = (item: Item): Fields => ({ name: item.name, ...times(item) })

export const associationDocument = (one: Association): Fields => ({
  name: one.name,
  ...(one.prefix === null ? {} : { prefix: one.prefix }),
  ...(one.propertiesTarget === null ? {} : { properties_target: one.propertiesTarget }),
  ...times(one),
})
