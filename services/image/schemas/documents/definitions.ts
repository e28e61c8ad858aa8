import type { SchemaDocument } from './schemas.ts'

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more })
const times = {
  created_at: { type: 'string', readOnly: true, description: 'when it was made', format: 'date-time' },
  updated_at: { type: 'string', readOnly: true, description: 'when it last changed', format: 'date-time' },
}
const shown = { type: 'string', readOnly: true }
const kinds = ['array', 'boolean', 'integer', 'number', 'object', 'string', null]

const definitions = {
  positiveInteger: { type: 'integer', minimum: 0 },
  positiveIntegerDefault0: { allOf: [{ $ref: '#/definitions/positiveInteger' }, { default: 0 }] },
  stringArray: { type: 'array', items: { type: 'string' }, uniqueItems: true },
}

/** What may be said of one property: a JSON Schema in little. */
// biome-ignore format: a table of fields
const propertyFields = {
  name:            text('how it is called where it is used', { maxLength: 80 }),
  title:           text('how people call it'),
  description:     text('what it is for'),
  operators:       { type: 'array', items: { type: 'string' } },
  type:            { type: 'string', enum: kinds },
  required:        { $ref: '#/definitions/stringArray' },
  minimum:         { type: 'number' },
  maximum:         { type: 'number' },
  maxLength:       { $ref: '#/definitions/positiveInteger' },
  minLength:       { $ref: '#/definitions/positiveIntegerDefault0' },
  pattern:         { type: 'string', format: 'regex' },
  enum:            { type: 'array' },
  readonly:        { type: 'boolean' },
  default:         {},
  items:           { type: 'object', properties: { type: { type: 'string', enum: kinds }, enum: { type: 'array' } } },
  maxItems:        { $ref: '#/definitions/positiveInteger' },
  minItems:        { $ref: '#/definitions/positiveIntegerDefault0' },
  uniqueItems:     { type: 'boolean', default: false },
  additionalItems: { type: 'boolean' },
}

const propertyDefinition = {
  type: 'object',
  additionalProperties: { type: 'object', required: ['title', 'type'], properties: propertyFields },
}
const all = { ...definitions, property: propertyDefinition }

export const propertySchema: SchemaDocument = {
  name: 'property',
  properties: propertyFields,
  additionalProperties: false,
  definitions,
  required: ['name', 'title', 'type'],
}

// biome-ignore format: a table of fields
export const objectSchema: SchemaDocument = {
  name: 'object',
  properties: {
    name:        text('how it is called', { maxLength: 255 }),
    description: text('what it is for'),
    required:    { $ref: '#/definitions/stringArray' },
    properties:  { $ref: '#/definitions/property' },
    schema:      shown,
    self:        shown,
    ...times,
  },
  additionalProperties: false,
  definitions: all,
  required: ['name'],
}

export const tagSchema: SchemaDocument = {
  name: 'tag',
  properties: { name: { type: 'string', maxLength: 80 }, ...times },
  additionalProperties: false,
  required: ['name'],
}

// biome-ignore format: a table of fields
export const resourceTypeSchema: SchemaDocument = {
  name: 'resource_type_association',
  properties: {
    name:              text('the kind of resource, by the name that its service gives it', { maxLength: 80 }),
    prefix:            text('what stands before the names of properties on such a resource', { maxLength: 80 }),
    properties_target: text('which of several dictionaries of such a resource is meant', { maxLength: 80 }),
    ...times,
  },
  additionalProperties: false,
  required: ['name'],
}

// biome-ignore format: a table of fields
export const namespaceSchema: SchemaDocument = {
  name: 'namespace',
  properties: {
    namespace:    text('how it is called in URLs', { maxLength: 80 }),
    display_name: text('how people call it', { maxLength: 80 }),
    description:  text('what it is for', { maxLength: 500 }),
    visibility:   text('who may see it', { enum: ['public', 'private'] }),
    protected:    { type: 'boolean', description: 'while true, it cannot be deleted' },
    owner:        text('the project it belongs to', { maxLength: 255 }),
    ...times,
    schema:       shown,
    self:         shown,
    resource_type_associations: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, prefix: { type: 'string' }, properties_target: { type: 'string' } } } },
    properties:   { $ref: '#/definitions/property' },
    objects:      { type: 'array', items: { type: 'object', properties: { name: { type: 'string' }, description: { type: 'string' }, required: { $ref: '#/definitions/stringArray' }, properties: { $ref: '#/definitions/property' } } } },
    tags:         { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } },
  },
  additionalProperties: false,
  definitions: all,
  required: ['namespace'],
}
