/** The documents below `/v2/schemas`: what clients may send and will see, as JSON Schema with Glance's additions. */
export type SchemaDocument = Readonly<Record<string, unknown>>

const idPattern = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$'
const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more })
const shown = { type: 'string', readOnly: true }

/** A list as Glance wraps it. */
export const collectionOf = (name: string, item: SchemaDocument, kind: 'array' | 'object' = 'array'): SchemaDocument => {
  const { definitions, ...rest } = item
  return {
    name,
    properties: {
      [name]: kind === 'array' ? { type: 'array', items: rest } : { type: 'object', additionalProperties: rest },
      first: { type: 'string' },
      next: { type: 'string' },
      schema: { type: 'string' },
    },
    links: [
      { rel: 'first', href: '{first}' },
      { rel: 'next', href: '{next}' },
      { rel: 'describedby', href: '{schema}' },
    ],
    ...(definitions === undefined ? {} : { definitions }),
  }
}

// biome-ignore format: a table of fields
export const memberSchema: SchemaDocument = {
  name: 'member',
  properties: {
    member_id:  text('the project that the image is shared with'),
    image_id:   text('the image', { pattern: idPattern }),
    created_at: text('when it was shared'),
    updated_at: text('when the project last answered'),
    status:     text('what the project has made of it', { enum: ['pending', 'accepted', 'rejected'] }),
    schema:     shown,
  },
  additionalProperties: false,
}

// biome-ignore format: a table of fields
const taskSummary = {
  id:         text('the task’s id', { pattern: idPattern }),
  type:       text('what kind of work it is', { enum: ['import', 'api_image_import'] }),
  status:     text('how far it is', { enum: ['pending', 'processing', 'success', 'failure'] }),
  owner:      text('the project that asked for it'),
  image_id:   text('the image it is about'),
  request_id: text('the request that asked for it'),
  user_id:    text('the user who asked for it'),
  expires_at: { type: ['null', 'string'], description: 'when it will be forgotten' },
  created_at: text('when it was asked for'),
  updated_at: text('when it last changed'),
  self:       shown,
  schema:     shown,
}

// biome-ignore format: a table of fields
const taskDetails = {
  input:      { type: ['null', 'object'], description: 'what was asked for' },
  result:     { type: ['null', 'object'], description: 'what came of it' },
  message:    text('what there is to say of it, mostly when it failed'),
}

export const taskSchema: SchemaDocument = { name: 'task', properties: { ...taskSummary, ...taskDetails }, additionalProperties: false }
export const taskSummarySchema: SchemaDocument = { name: 'task', properties: taskSummary, additionalProperties: false }
