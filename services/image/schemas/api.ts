import { anything, type JsonSchema } from '@kilonova/platform/http/shape.ts'
import type { View } from '@kilonova/platform/http/view.ts'
import { endpoint } from '../versions.ts'
import { namespaceSchema, objectSchema, propertySchema, resourceTypeSchema, tagSchema } from './documents/definitions.ts'
import { collectionOf, memberSchema, type SchemaDocument, taskSchema, taskSummarySchema } from './documents/schemas.ts'

export interface Rooms {
  readonly imageProperties: Readonly<Record<string, JsonSchema>>
  readonly imageLinks: readonly object[]
  readonly mayHaveMore: boolean
}

const documentView: View<SchemaDocument> = { render: document => document, schema: () => anything.schema, rungs: [] }

export function schemaApi({ imageProperties, imageLinks, mayHaveMore }: Rooms) {
  const image: SchemaDocument = {
    name: 'image',
    properties: imageProperties,
    additionalProperties: mayHaveMore ? { type: 'string' } : false,
    links: imageLinks,
  }
  const documents: Readonly<Record<string, SchemaDocument>> = {
    image,
    images: collectionOf('images', image),
    member: memberSchema,
    members: collectionOf('members', memberSchema),
    task: taskSchema,
    tasks: collectionOf('tasks', taskSummarySchema),
    'metadefs/namespace': namespaceSchema,
    'metadefs/namespaces': collectionOf('namespaces', namespaceSchema),
    'metadefs/resource_type': resourceTypeSchema,
    'metadefs/resource_types': collectionOf('resource_type_associations', resourceTypeSchema),
    'metadefs/property': propertySchema,
    'metadefs/properties': collectionOf('properties', propertySchema, 'object'),
    'metadefs/object': objectSchema,
    'metadefs/objects': collectionOf('objects', objectSchema),
    'metadefs/tag': tagSchema,
    'metadefs/tags': collectionOf('tags', tagSchema),
  }
  return Object.entries(documents).map(([name, document]) =>
    endpoint(`GET /v2/schemas/${name}`, {
      summary: `What ${name} look like`,
      policy: 'default',
      status: 200,
      view: documentView,
      run: () => document,
    }),
  )
}
