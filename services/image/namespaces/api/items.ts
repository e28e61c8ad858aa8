import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { text } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { objectSchema, propertySchema, tagSchema } from '../../schemas/documents/definitions.ts'
import { endpoint, query } from '../../versions.ts'
import type { ItemWish } from '../logic.ts'
import type { Item, ItemKind } from '../namespace.ts'
import {
  bodyOf,
  documentView,
  type Fields,
  mustNotSay,
  objectDocument,
  propertiesDocument,
  propertyDocument,
  tagDocument,
} from './documents.ts'
import { ofOneNamespace, type Rooms, seen } from './seeing.ts'

/** Properties and objects are alike but for their words. */
const kinds = [
  {
    kind: 'property',
    path: 'properties',
    get: 'get_metadef_property',
    list: 'get_metadef_properties',
    add: 'add_metadef_property',
    modify: 'modify_metadef_property',
    remove: 'remove_metadef_property',
    schema: propertySchema,
    show: propertyDocument,
  },
  {
    kind: 'object',
    path: 'objects',
    get: 'get_metadef_object',
    list: 'get_metadef_objects',
    add: 'add_metadef_object',
    modify: 'modify_metadef_object',
    remove: 'delete_metadef_object',
    schema: objectSchema,
    show: (item: Item) => objectDocument(item),
  },
] as const

const readOnly = ['self', 'schema', 'created_at', 'updated_at']
const itemOf = ({ name, ...content }: Fields): ItemWish => ({ name: String(name), content })
const listOf = (kind: ItemKind, items: readonly Item[]): Fields =>
  kind === 'property'
    ? { properties: propertiesDocument(items) }
    : { objects: items.map(item => objectDocument(item)), schema: '/v2/schemas/metadefs/objects' }

// biome-ignore format: a table per route
export const namespaceItemApi = (rooms: Rooms) => kinds.flatMap(({ kind, path, schema, show, ...rules }) => {
  const { namespaces } = rooms
  const ofOne = ofOneNamespace(rooms)
  const all = `/v2/metadefs/namespaces/{namespace}/${path}` as const
  const one = `${all}/{name}` as const
  return [
    endpoint(`GET ${all}`, {
      summary: `List the ${path} of a catalog`,
      policy:  rules.list,
      ...ofOne,
      status:  200,
      view:    documentView,
      run:     async ({ about, params }) => listOf(kind, await namespaces.listItems(kind, seen(about, params.namespace))),
    }),

    endpoint(`POST ${all}`, {
      summary: `Add to the ${path} of a catalog`,
      policy:  rules.add,
      ...ofOne,
      body:    bodyOf(schema),
      status:  201,
      view:    documentView,
      async run({ about, params, body, cause }) {
        mustNotSay(body, readOnly)
        const item = await namespaces.createItem(kind, seen(about, params.namespace), itemOf(body), cause)
        return answer(show(item), { headers: { location: `/v2/metadefs/namespaces/${encodeURIComponent(item.namespace)}/${path}/${encodeURIComponent(item.name)}` } })
      },
    }),

    endpoint(`DELETE ${all}`, {
      summary: `Delete all ${path} of a catalog`,
      policy:  'delete_metadef_namespace',
      ...ofOne,
      status:  204,
      run:     ({ about, params, cause }) => namespaces.deleteItems(kind, seen(about, params.namespace), cause),
    }),

    endpoint(`GET ${one}`, {
      summary: `Show one of the ${path} of a catalog`,
      policy:  rules.get,
      ...ofOne,
      query:   query({ resource_type: optional(text()) }),
      status:  200,
      view:    documentView,
      async run({ about, params, query }) {
        const namespace = seen(about, params.namespace)
        const prefix = query.resource_type && kind === 'property' ? await prefixFor(rooms, namespace.name, query.resource_type, params.name) : ''
        return show(await namespaces.getItem(kind, namespace, params.name.slice(prefix.length)))
      },
    }),

    endpoint(`PUT ${one}`, {
      summary: `Change one of the ${path} of a catalog`,
      policy:  rules.modify,
      ...ofOne,
      body:    bodyOf(schema),
      status:  200,
      view:    documentView,
      async run({ about, params, body, cause }) {
        mustNotSay(body, readOnly)
        return show(await namespaces.updateItem(kind, seen(about, params.namespace), params.name, itemOf(body), cause))
      },
    }),

    endpoint(`DELETE ${one}`, {
      summary: `Delete one of the ${path} of a catalog`,
      policy:  rules.remove,
      ...ofOne,
      status:  204,
      run:     ({ about, params, cause }) => namespaces.deleteItem(kind, seen(about, params.namespace), params.name, cause),
    }),
  ]
})

/** What stands before the property's name on that kind of resource. */
async function prefixFor({ namespaces }: Rooms, namespace: string, type: string, name: string): Promise<string> {
  const found = (await namespaces.listAssociations({ name: namespace })).find(one => one.name === type)
  if (!found)
    throw new Refusal(
      'not-found',
      `The metadata definition resource-type association of resource-type=${type} to namespace=${namespace}, was not found.`,
    )
  if (!found.prefix || !name.startsWith(found.prefix))
    throw new Refusal(
      'not-found',
      `Property ${name} does not start with the expected resource type association prefix of '${found.prefix}'.`,
    )
  return found.prefix
}

const tagsSchema = {
  type: 'object',
  properties: {
    tags: {
      type: 'array',
      items: {
        type: 'object',
        properties: { name: { type: 'string', minLength: 1, maxLength: 80 } },
        required: ['name'],
        additionalProperties: false,
      },
    },
  },
  required: ['tags'],
  additionalProperties: false,
}
const tagsOf = (names: readonly string[]): Fields => ({ tags: names.map(name => ({ name })) })
const all = '/v2/metadefs/namespaces/{namespace}/tags'
const one = `${all}/{name}` as const

// biome-ignore format: a table per route
export const namespaceTagApi = (rooms: Rooms) => {
  const { namespaces } = rooms
  const ofOne = ofOneNamespace(rooms)
  return [
    endpoint(`GET ${all}`, {
      summary: 'List the tags of a catalog',
      policy:  'get_metadef_tags',
      ...ofOne,
      query:   query({ limit: optional(text()), marker: optional(text()) }),
      status:  200,
      view:    documentView,
      async run({ about, params, query: { limit, marker } }) {
        const tags = (await namespaces.listItems('tag', seen(about, params.namespace))).map(({ name }) => name)
        const begin = marker === undefined ? 0 : tags.indexOf(marker) + 1
        const end = limit !== undefined && /^\d+$/.test(limit) ? begin + Number(limit) : undefined
        return { ...tagsOf(tags.slice(begin, end)), first: `/v2/metadefs/namespaces/${encodeURIComponent(params.namespace)}/tags`, schema: '/v2/schemas/metadefs/tags' }
      },
    }),

    endpoint(`POST ${all}`, {
      summary: 'Give a catalog other tags, or more with X-Openstack-Append',
      policy:  'add_metadef_tags',
      ...ofOne,
      body:    bodyOf(tagsSchema),
      status:  201,
      view:    documentView,
      async run({ about, params, body, door, cause }) {
        const names = [...new Set((body['tags'] as readonly { name: string }[]).map(({ name }) => name))]
        const isMore = /^(true|1|yes|on|t|y)$/i.test(String(door.headers['x-openstack-append'] ?? ''))
        await namespaces.setTags(seen(about, params.namespace), names, { isMore }, cause)
        return tagsOf(names)
      },
    }),

    endpoint(`DELETE ${all}`, {
      summary: 'Delete all tags of a catalog',
      policy:  'delete_metadef_tags',
      ...ofOne,
      status:  204,
      run:     ({ about, params, cause }) => namespaces.deleteItems('tag', seen(about, params.namespace), cause),
    }),

    endpoint(`GET ${one}`, {
      summary: 'Show a tag of a catalog',
      policy:  'get_metadef_tag',
      ...ofOne,
      status:  200,
      view:    documentView,
      run:     async ({ about, params }) => tagDocument(await namespaces.getItem('tag', seen(about, params.namespace), params.name)),
    }),

    endpoint(`POST ${one}`, {
      summary: 'Add a tag to a catalog',
      policy:  'add_metadef_tag',
      ...ofOne,
      status:  201,
      view:    documentView,
      async run({ about, params, cause }) {
        if (params.name.length > 80) throw new Refusal('invalid', `'${params.name}' is too long`)
        return tagDocument(await namespaces.createItem('tag', seen(about, params.namespace), { name: params.name, content: {} }, cause))
      },
    }),

    endpoint(`PUT ${one}`, {
      summary: 'Rename a tag of a catalog',
      policy:  'modify_metadef_tag',
      ...ofOne,
      body:    bodyOf(tagSchema),
      status:  200,
      view:    documentView,
      async run({ about, params, body, cause }) {
        mustNotSay(body, readOnly)
        return tagDocument(await namespaces.updateItem('tag', seen(about, params.namespace), params.name, itemOf(body), cause))
      },
    }),

    endpoint(`DELETE ${one}`, {
      summary: 'Delete a tag of a catalog',
      policy:  'delete_metadef_tag',
      ...ofOne,
      status:  204,
      run:     ({ about, params, cause }) => namespaces.deleteItem('tag', seen(about, params.namespace), params.name, cause),
    }),
  ]
}
