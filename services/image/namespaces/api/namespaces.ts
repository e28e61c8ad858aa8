import { answer, Answer } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { text } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { namespaceSchema, resourceTypeSchema } from '../../schemas/documents/definitions.ts'
import { endpoint, query } from '../../versions.ts'
import type { AssociationWish, ItemWish, NamespaceWish, NewNamespace } from '../logic.ts'
import { associationDocument, bodyOf, documentView, type Fields, mustNotSay, namespaceDocument } from './documents.ts'
import { ofOneNamespace, type Rooms, seen } from './seeing.ts'

const firstPage = '/v2/metadefs/namespaces'
const ownProject = {
  target: ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId, visibility: 'private' }),
}

// biome-ignore format: a table per route
export const namespaceApi = ({ namespaces, usualPageLength, viewerOf }: Rooms) => {
  const ofOne = ofOneNamespace({ namespaces, viewerOf })
  return [
    endpoint('GET /v2/metadefs/namespaces', {
      summary: 'List the catalogs of metadata',
      policy:  'get_metadef_namespaces',
      ...ownProject,
      query:   query({ limit: optional(text()), marker: optional(text()), sort_key: optional(text()), sort_dir: optional(text()), visibility: optional(text()), resource_types: optional(text()) }),
      status:  200,
      view:    documentView,
      async run({ caller, query: { limit, marker, sort_dir: way = 'desc', visibility, resource_types: types }, door }) {
        if (way !== 'asc' && way !== 'desc') throw new Refusal('invalid', `Invalid sort direction: ${way}`)
        if (visibility && visibility !== 'public' && visibility !== 'private') throw new Refusal('invalid', `Invalid visibility value: ${visibility}`)
        if (limit !== undefined && !/^-?\d+$/.test(limit)) throw new Refusal('invalid', 'limit param must be an integer')
        if (Number(limit ?? 0) < 0) throw new Refusal('invalid', 'limit param must be positive')
        const length = limit === undefined ? usualPageLength : Number(limit)
        const { projectId, isAdmin } = viewerOf(caller)
        const found = await namespaces.list({ projectId, isAdmin, visibility: visibility || undefined, resourceTypes: types?.split(','), way, after: marker || undefined, limit: length })
        const last = found.length > 0 && found.length === length ? found.at(-1) : undefined
        return {
          namespaces: found.map(one => namespaceDocument(one)),
          first: pageUrl(door.url, undefined),
          ...(last ? { next: pageUrl(door.url, last.namespace.name) } : {}),
          schema: '/v2/schemas/metadefs/namespaces',
        }
      },
    }),

    endpoint('POST /v2/metadefs/namespaces', {
      summary: 'Add a catalog of metadata, with what is in it',
      policy:  'add_metadef_namespace',
      ...ownProject,
      body:    bodyOf(namespaceSchema),
      status:  201,
      view:    documentView,
      async run({ caller, body, cause }) {
        mustNotSay(body, ['self', 'schema', 'created_at', 'updated_at'])
        const wish = newNamespaceOf(body, caller.projectId ?? '')
        const made = await namespaces.create(wish, cause)
        return answer(namespaceDocument(await namespaces.whole(made)), { headers: { location: `${firstPage}/${encodeURIComponent(made.name)}` } })
      },
    }),

    endpoint('GET /v2/metadefs/namespaces/{namespace}', {
      summary: 'Show a catalog of metadata whole',
      policy:  'get_metadef_namespace',
      ...ofOne,
      query:   query({ resource_type: optional(text()) }),
      status:  200,
      view:    documentView,
      async run({ about, params, query }) {
        const whole = await namespaces.whole(seen(about, params.namespace))
        const association = whole.associations.find(({ name }) => name === query.resource_type)
        return namespaceDocument(whole, association?.prefix ?? '')
      },
    }),

    endpoint('PUT /v2/metadefs/namespaces/{namespace}', {
      summary: 'Change a catalog of metadata',
      policy:  'modify_metadef_namespace',
      ...ofOne,
      body:    bodyOf(namespaceSchema),
      status:  200,
      view:    documentView,
      async run({ about, params, caller, body, cause }) {
        mustNotSay(body, ['self', 'schema', 'created_at', 'updated_at'])
        const namespace = await namespaces.update(seen(about, params.namespace), wishOf(body, caller.projectId ?? ''), cause)
        return namespaceDocument({ namespace, associations: [], properties: [], objects: [], tags: [] })
      },
    }),

    endpoint('DELETE /v2/metadefs/namespaces/{namespace}', {
      summary: 'Delete a catalog of metadata and all that is in it',
      policy:  'delete_metadef_namespace',
      ...ofOne,
      status:  204,
      run:     ({ about, params, cause }) => namespaces.delete(seen(about, params.namespace), cause),
    }),

    endpoint('GET /v2/metadefs/resource_types', {
      summary: 'List the kinds of resources that metadata may be for',
      policy:  'list_metadef_resource_types',
      ...ownProject,
      status:  200,
      view:    documentView,
      run:     async () => ({ resource_types: (await namespaces.listResourceTypes()).map(name => ({ name, created_at: beginning, updated_at: beginning })) }),
    }),

    endpoint('GET /v2/metadefs/namespaces/{namespace}/resource_types', {
      summary: 'List the kinds of resources that a catalog is for',
      policy:  'get_metadef_resource_type',
      ...ofOne,
      status:  200,
      view:    documentView,
      run:     async ({ about, params }) => ({ resource_type_associations: (await namespaces.listAssociations(seen(about, params.namespace))).map(associationDocument) }),
    }),

    endpoint('POST /v2/metadefs/namespaces/{namespace}/resource_types', {
      summary: 'Say that a catalog is for a kind of resource',
      policy:  'add_metadef_resource_type_association',
      ...ofOne,
      body:    bodyOf(resourceTypeSchema),
      status:  201,
      view:    documentView,
      async run({ about, params, body, cause }) {
        mustNotSay(body, ['created_at', 'updated_at'])
        return associationDocument(await namespaces.associate(seen(about, params.namespace), associationOf(body), cause))
      },
    }),

    endpoint('DELETE /v2/metadefs/namespaces/{namespace}/resource_types/{resource_type}', {
      summary: 'Say that a catalog is for a kind of resource no longer',
      policy:  'remove_metadef_resource_type_association',
      ...ofOne,
      status:  204,
      async run({ about, params, cause }) {
        await namespaces.dissociate(seen(about, params.namespace), params.resource_type, cause)
        return new Answer<void>({})
      },
    }),
  ]
}

/** The usual kinds are as old as the API. */
const beginning = '2014-10-16T00:00:00Z'

function pageUrl(url: string, marker: string | undefined): string {
  const asked = new URLSearchParams(url.split('?')[1] ?? '')
  asked.delete('marker')
  if (marker !== undefined) asked.set('marker', marker)
  return asked.size === 0 ? firstPage : `${firstPage}?${asked}`
}

interface SentNamespace {
  readonly namespace: string
  readonly display_name?: string
  readonly description?: string
  readonly visibility?: 'public' | 'private'
  readonly protected?: boolean
  readonly owner?: string
  readonly resource_type_associations?: readonly Fields[]
  readonly properties?: Readonly<Record<string, Fields>>
  readonly objects?: readonly ({ readonly name: string } & Fields)[]
  readonly tags?: readonly { readonly name: string }[]
}

function wishOf(body: Fields, projectId: string): NamespaceWish {
  const sent = body as Fields & SentNamespace
  return {
    name: sent.namespace,
    displayName: sent.display_name ?? null,
    description: sent.description ?? null,
    visibility: sent.visibility ?? 'private',
    isProtected: sent.protected ?? false,
    owner: sent.owner ?? projectId,
  }
}

/** A catalog as a client, or a file, describes it. */
export function newNamespaceOf(body: Fields, projectId: string): NewNamespace {
  const sent = body as Fields & SentNamespace
  const itemOf = ({ name, ...content }: { readonly name: string } & Fields): ItemWish => ({ name, content })
  return {
    ...wishOf(body, projectId),
    associations: (sent.resource_type_associations ?? []).map(associationOf),
    items: {
      property: Object.entries(sent.properties ?? {}).map(([name, { name: _, ...content }]) => ({ name, content })),
      object: (sent.objects ?? []).map(itemOf),
      tag: (sent.tags ?? []).map(itemOf),
    },
  }
}

const associationOf = (sent: Fields): AssociationWish => ({
  name: String(sent['name']),
  prefix: typeof sent['prefix'] === 'string' ? sent['prefix'] : null,
  propertiesTarget: typeof sent['properties_target'] === 'string' ? sent['properties_target'] : null,
})
