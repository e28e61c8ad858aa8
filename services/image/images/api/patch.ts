import { validator } from '@kilonova/platform/http/validate.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { reservedPrefix } from '../image.ts'
import type { Change } from '../logic/change.ts'
import { imageBodySchema, type ImageFormats } from './fields.ts'

/** The two media types: how each writes an operation. */
const mediaTypes = {
  'application/openstack-images-v2.0-json-patch': 'older',
  'application/openstack-images-v2.1-json-patch': 'newer',
} as const

const acts = ['add', 'replace', 'remove'] as const
type Act = Change['act']

export const readOnly = [
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'direct_url',
  'self',
  'file',
  'schema',
  'id',
  'os_hash_algo',
  'os_hash_value',
  'stores',
]
const reserved = ['location', 'deleted', 'deleted_at']

/** Reads the operations of a PATCH, refusing each that no image could take. */
export function patchReader(formats: ImageFormats) {
  const check = validator(() => imageBodySchema(formats), 'body')

  function changeOf(raw: unknown, kind: 'older' | 'newer'): Change {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Refusal('invalid', 'Operations must be JSON objects.')
    const fields = raw as Readonly<Record<string, unknown>>
    const act = kind === 'newer' ? newerAct(fields) : olderAct(fields)
    const path = pathOf(act, kind === 'newer' ? fields['path'] : fields[act])
    if (act !== 'remove' && !Object.hasOwn(fields, 'value'))
      throw new Refusal('invalid', `Operation "${act}" requires a member named "value".`)
    const value = act === 'remove' ? undefined : fields['value']
    mustBeWritable(path[0])
    if (act !== 'remove') {
      const wrong = check({ [path[0]]: path.length > 1 ? [value] : value })
      if (wrong) throw wrong
    }
    return { act, path, value, mustBeNew: kind === 'older' }
  }

  return (body: unknown, contentType: string | undefined): readonly Change[] => {
    const type = contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
    const kind = Object.hasOwn(mediaTypes, type) ? mediaTypes[type as keyof typeof mediaTypes] : undefined
    if (!kind)
      throw new Refusal('unsupported-media', 'The media type is not one of those that images are changed by.', {
        extra: { acceptPatch: Object.keys(mediaTypes).join(', ') },
      })
    if (!Array.isArray(body)) throw new Refusal('invalid', 'Request body must be a JSON array of operation objects.')
    return body.map(raw => changeOf(raw, kind))
  }
}

function newerAct({ op }: Readonly<Record<string, unknown>>): Act {
  const choice = `It must be one of the following: ${acts.join(', ')}.`
  if (op === undefined || op === null) throw new Refusal('invalid', `Unable to find \`op\` in JSON Schema change. ${choice}`)
  const act = acts.find(one => one === op)
  if (!act) throw new Refusal('invalid', `Invalid operation: \`${said(op)}\`. ${choice}`)
  return act
}

/** As it stands in a message. An object of a client's may call anything its `toString`, so it is never asked. */
const said = (value: unknown): string => (typeof value === 'string' ? value : `${JSON.stringify(value)}`).slice(0, 300)

function olderAct(fields: Readonly<Record<string, unknown>>): Act {
  const [act, ...others] = acts.filter(one => Object.hasOwn(fields, one))
  if (!act) throw new Refusal('invalid', 'Operation objects must contain exactly one member named "add", "remove", or "replace".')
  if (others.length > 0) throw new Refusal('invalid', 'Operation objects must contain only one member named "add", "remove", or "replace".')
  return act
}

function pathOf(act: Act, pointer: unknown): readonly [string, ...string[]] {
  if (pointer === undefined) throw new Refusal('invalid', "Unable to find 'path' in JSON Schema change")
  const path = partsOf(pointer)
  const depth = path[0] === 'locations' && act !== 'replace' ? 2 : 1
  if (path.length !== depth) throw new Refusal('invalid', `Invalid JSON pointer for this resource: '/${path.join('/')}'`)
  return path
}

/** The parts of a JSON pointer, in the limited form that images take: `~1` is a slash, `~0` a tilde, and no part is empty. */
export function partsOf(pointer: unknown): readonly [string, ...string[]] {
  const refuse = (why: string) => new Refusal('invalid', `Pointer \`${said(pointer)}\` ${why}`)
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) throw refuse('does not start with "/".')
  if (/\/\s*\//.test(pointer)) throw refuse('contains adjacent "/".')
  if (pointer.length > 1 && pointer.endsWith('/')) throw refuse('end with "/".')
  if (/~(?![01])/.test(pointer)) throw refuse('contains "~" not part of a recognized escape sequence.')
  const [first = '', ...rest] = pointer
    .slice(1)
    .split('/')
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~').trim())
  if (first === '') throw refuse('does not contains valid token.')
  return [first, ...rest]
}

export function mustBeWritable(name: string): void {
  if (readOnly.includes(name)) throw new Refusal('forbidden', `Attribute '${name}' is read-only.`)
  if (isReserved(name)) throw new Refusal('forbidden', `Attribute '${name}' is reserved.`)
  if (name.length > 255) throw new Refusal('invalid', 'Custom property should not be greater than 255 characters.')
}

export const isReserved = (name: string) => reserved.includes(name) || name.startsWith(reservedPrefix)
