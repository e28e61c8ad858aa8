import type { JsonSchema } from '@kilonova/platform/http/shape.ts'
import { validator } from '@kilonova/platform/http/validate.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Visibility } from '../image.ts'
import type { NewImage } from '../logic/images.ts'
import { imageBodySchema, type ImageFormats, imageProperties } from './fields.ts'
import { isReserved } from './patch.ts'

const neverSent = ['direct_url', 'self', 'file', 'schema', 'stores']
const readOnly = ['created_at', 'updated_at', 'status', 'checksum', 'size', 'virtual_size', 'os_hash_algo', 'os_hash_value']

/** For a description that comes inside of something else, and is looked through here. */
export function newImageReader(formats: ImageFormats) {
  const complaintOf = validator(() => imageBodySchema(formats), 'body')
  return (description: Readonly<Record<string, unknown>>, projectId: string | undefined): NewImage => {
    const wrong = complaintOf(description)
    if (wrong) throw wrong
    return newImageOf(description, formats, projectId)
  }
}

/** An image as a client describes it, once the description is known to fit its schema. */
export function newImageOf(body: Readonly<Record<string, unknown>>, formats: ImageFormats, projectId: string | undefined): NewImage {
  const known: Readonly<Record<string, JsonSchema>> = imageProperties(formats)
  const properties: Record<string, string> = {}
  for (const [name, value] of Object.entries(body)) {
    if (neverSent.includes(name) || readOnly.includes(name)) throw new Refusal('forbidden', `Attribute '${name}' is read-only.`)
    if (name === 'locations' || isReserved(name)) throw new Refusal('forbidden', `Attribute '${name}' is reserved.`)
    if (Object.hasOwn(known, name)) continue
    if (name.length > 255) throw new Refusal('invalid', 'Custom property should not be greater than 255 characters.')
    properties[name] = String(value)
  }
  const sent = body as SentImage
  for (const name of ['min_disk', 'min_ram'] as const)
    if ((sent[name] ?? 0) < 0)
      throw new Refusal('invalid', `Invalid value '${sent[name]}' for parameter '${name}': Cannot be a negative value`)
  return {
    id: sent.id,
    name: sent.name ?? null,
    owner: sent.owner === undefined ? (projectId ?? null) : sent.owner,
    visibility: sent.visibility ?? 'shared',
    diskFormat: sent.disk_format ?? null,
    containerFormat: sent.container_format ?? null,
    minDiskGb: sent.min_disk ?? 0,
    minRamMb: sent.min_ram ?? 0,
    isProtected: sent.protected ?? false,
    isHidden: sent.os_hidden ?? false,
    tags: sent.tags ?? [],
    properties,
  }
}

/** The attributes that a client may send, once they are known to be right. */
interface SentImage {
  readonly id?: string
  readonly name?: string | null
  readonly owner?: string | null
  readonly visibility?: Visibility
  readonly disk_format?: string | null
  readonly container_format?: string | null
  readonly min_disk?: number
  readonly min_ram?: number
  readonly protected?: boolean
  readonly os_hidden?: boolean
  readonly tags?: readonly string[]
}
