import type { JsonSchema } from '@kilonova/platform/http/shape.ts'

/** Which formats this cloud knows, and whether images may have properties of their own. */
export interface ImageFormats {
  readonly disks: readonly string[]
  readonly containers: readonly string[]
  readonly mayHaveMore: boolean
}

const idPattern = '^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$'
const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more })
const shown = (description: string, more: object = {}) => text(description, { readOnly: true, ...more })

/** The attributes of an image as `/v2/schemas/image` tells them: what is checked is what is told. */
// biome-ignore format: a table of fields
export const imageProperties = ({ disks, containers }: ImageFormats): Readonly<Record<string, JsonSchema>> => ({
  id:               text('the image’s id', { pattern: idPattern }),
  name:             { type: ['null', 'string'], description: 'what people call it', maxLength: 255 },
  status:           shown('where it is in its life', { enum: ['queued', 'saving', 'active', 'killed', 'deleted', 'uploading', 'importing', 'pending_delete', 'deactivated'] }),
  visibility:       text('who may use it', { enum: ['community', 'public', 'private', 'shared'] }),
  protected:        { type: 'boolean', description: 'while true, it cannot be deleted' },
  os_hidden:        { type: 'boolean', description: 'while true, lists leave it out unless asked' },
  checksum:         { type: ['null', 'string'], readOnly: true, description: 'the MD5 of its data', maxLength: 32 },
  os_hash_algo:     { type: ['null', 'string'], readOnly: true, description: 'which hash os_hash_value is', maxLength: 64 },
  os_hash_value:    { type: ['null', 'string'], readOnly: true, description: 'the hash of its data', maxLength: 128 },
  owner:            { type: ['null', 'string'], description: 'the project it belongs to', maxLength: 255 },
  size:             { type: ['null', 'integer'], readOnly: true, description: 'bytes of data' },
  virtual_size:     { type: ['null', 'integer'], readOnly: true, description: 'bytes of the disk that a guest sees' },
  container_format: { type: ['null', 'string'], description: 'what the data is wrapped in', enum: [null, ...containers] },
  disk_format:      { type: ['null', 'string'], description: 'what kind of disk the data is', enum: [null, ...disks] },
  created_at:       shown('when it was registered'),
  updated_at:       shown('when it last changed'),
  tags:             { type: 'array', description: 'words to find it by', items: { type: 'string', maxLength: 255 } },
  direct_url:       shown('where its data lies'),
  min_ram:          { type: 'integer', description: 'MiB of memory that a guest needs', maximum: 2147483647 },
  min_disk:         { type: 'integer', description: 'GiB of disk that a guest needs', maximum: 2147483647 },
  self:             shown('the address of the image'),
  file:             shown('the address of its data'),
  stores:           shown('the stores that hold its data'),
  schema:           shown('the address of this schema'),
  locations:        { type: 'array', description: 'all places where its data lies', items: locationSchema },
})

const locationSchema: JsonSchema = {
  type: 'object',
  properties: {
    url: { type: 'string', maxLength: 255 },
    metadata: { type: 'object' },
    validation_data: {
      type: 'object',
      description: 'what the data hashes to; while the image is queued these become its hashes, later they must be the same',
      writeOnly: true,
      additionalProperties: false,
      properties: {
        checksum: { type: 'string', minLength: 32, maxLength: 32 },
        os_hash_algo: { type: 'string', maxLength: 64 },
        os_hash_value: { type: 'string', maxLength: 128 },
      },
      required: ['os_hash_algo', 'os_hash_value'],
    },
  },
  required: ['url', 'metadata'],
}

export const imageLinks = [
  { rel: 'self', href: '{self}' },
  { rel: 'enclosure', href: '{file}' },
  { rel: 'describedby', href: '{schema}' },
]

/** Values of custom properties are text; PostgreSQL and MariaDB keep at most so much of one. */
const customValue: JsonSchema = { type: 'string', maxLength: 65_535 }

/** What a client may send as an image, or as some attributes of one. */
export const imageBodySchema = (formats: ImageFormats): JsonSchema => ({
  type: 'object',
  properties: imageProperties(formats),
  additionalProperties: formats.mayHaveMore ? customValue : false,
})
