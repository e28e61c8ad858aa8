import type { JsonSchema } from './shape.ts'

/**
 * What of OpenAPI 3.1 our documents use, as a JSON Schema. Stricter than the standard's own: nothing but what is written here, so that a
 * word misspelled by us is found.
 */
const named = (name: string) => ({ $ref: `#/$defs/${name}` })
const text = { type: 'string', minLength: 1 }
const dictionaryOf = (values: object) => ({ type: 'object', additionalProperties: values })
const closed = (required: readonly string[], properties: object) => ({
  type: 'object',
  required,
  properties,
  patternProperties: { '^x-': {} },
  additionalProperties: false,
})

export const openApi31: JsonSchema = {
  ...closed(['openapi', 'info', 'paths'], {
    openapi: { const: '3.1.0' },
    info: closed(['title', 'version'], { title: text, version: text }),
    servers: { type: 'array', minItems: 1, items: closed(['url'], { url: text }) },
    tags: { type: 'array', uniqueItems: true, items: closed(['name'], { name: text }) },
    paths: { type: 'object', propertyNames: { pattern: '^/' }, additionalProperties: named('path') },
    components: closed([], {
      securitySchemes: dictionaryOf(closed(['type', 'in', 'name'], { type: { const: 'apiKey' }, in: { const: 'header' }, name: text })),
      responses: dictionaryOf(named('response')),
    }),
  }),
  $defs: {
    path: closed([], Object.fromEntries(['get', 'put', 'post', 'delete', 'head', 'patch'].map(verb => [verb, named('operation')]))),
    operation: closed(['operationId', 'summary', 'responses'], {
      operationId: { type: 'string', pattern: '^[\\w-]+$' },
      summary: text,
      tags: { type: 'array', items: text },
      security: { type: 'array', items: dictionaryOf({ type: 'array', items: text }) },
      parameters: { type: 'array', uniqueItems: true, items: named('parameter') },
      requestBody: closed(['content'], { required: { type: 'boolean' }, content: named('content') }),
      responses: {
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: '^([1-5]\\d\\d|default)$' },
        additionalProperties: {
          anyOf: [closed(['$ref'], { $ref: { type: 'string', pattern: '^#/components/responses/' } }), named('response')],
        },
      },
    }),
    parameter: {
      ...closed(['name', 'in', 'schema'], {
        name: text,
        in: { enum: ['path', 'query', 'header'] },
        required: { type: 'boolean' },
        description: text,
        schema: named('schema'),
      }),
      anyOf: [{ properties: { in: { not: { const: 'path' } } } }, { required: ['required'], properties: { required: { const: true } } }],
    },
    response: closed(['description'], { description: text, content: named('content') }),
    content: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[\\w.+-]+/[\\w.+-]+$' },
      additionalProperties: closed([], { schema: named('schema'), example: {} }),
    },
    schema: { $ref: 'https://json-schema.org/draft/2020-12/schema' },
  },
}
