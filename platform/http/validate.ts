import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { isIP, isIPv4, isIPv6 } from 'node:net'
import { Refusal } from '../refusal.ts'
import type { JsonSchema } from './shape.ts'

/**
 * Bodies and queries against their schemas. The wording of a refusal keeps the facts that OpenStack's own answers carry (which field,
 * which value, what was expected), because people and scripts read them.
 */
const ajv = new Ajv({
  allErrors: false,
  strict: false,
  strictNumbers: true,
  coerceTypes: false,
  useDefaults: false,
  removeAdditional: false,
  verbose: true,
})

const uuidForm = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
ajv.addFormat('uuid', value => uuidForm.test(value))
ajv.addFormat('uri', value => URL.canParse(value))
ajv.addFormat('email', value => /^[^@\s]+@[^@\s]+$/.test(value))
ajv.addFormat('ipv4', value => isIPv4(value))
ajv.addFormat('ipv6', value => isIPv6(value))
ajv.addFormat('cidr', value => {
  const [address = '', bits = ''] = value.split('/')
  const family = isIP(address)
  return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
})
ajv.addFormat('mac-address', value => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value))
ajv.addFormat(
  'date-time',
  value => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/.test(value) && !Number.isNaN(Date.parse(value)),
)

/** The first fault of a value, or nothing. */
export type Validator = (value: unknown) => Refusal | undefined

/** A check whose refusal is `invalid`, naming the field, its value and what is allowed; its `extra` says whether it is of the body or the query. Compiled on first use. */
export function validator(schema: () => JsonSchema, where: 'body' | 'query'): Validator {
  let compiled: ValidateFunction | undefined
  return value => {
    compiled ??= ajv.compile(schema())
    if (compiled(value)) return undefined
    const error = deepest(compiled.errors ?? [])
    return new Refusal('invalid', error ? phrase(error, where) : 'The request is invalid.', { code: 'schema', extra: { where } })
  }
}

/** Of several shapes that a value might have had, the one it comes nearest to says what is wrong. */
const deepest = (errors: readonly ErrorObject[]) =>
  errors.reduce<ErrorObject | undefined>((best, one) => (best && depth(best) >= depth(one) ? best : one), undefined)
const depth = ({ instancePath }: ErrorObject) => instancePath.split('/').length

function phrase(error: ErrorObject, where: 'body' | 'query'): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer)
  const complaint = complaintOf(error)
  // Of a parameter that is sent several times, its name is told, not which of them it was.
  const field = where === 'query' ? path[0] : path.at(-1)
  if (field === undefined) return complaint
  const what = where === 'query' ? 'query parameters' : 'field/attribute'
  const value = typeof error.data === 'string' ? clipped(error.data) : shown(error.data)
  return `Invalid input for ${what} ${field}. Value: ${value}. ${complaint}`
}

const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~')

function complaintOf({ keyword, params, data, message, schema, propertyName }: ErrorObject): string {
  const value = shown(data)
  switch (keyword) {
    case 'required':
      return `'${params['missingProperty']}' is a required property`
    case 'additionalProperties':
      return `Additional properties are not allowed ('${clipped(String(params['additionalProperty']))}' was unexpected)`
    case 'type':
      return `${value} is not of type ${[params['type']]
        .flat()
        .map(type => `'${type}'`)
        .join(', ')}`
    case 'enum':
      return `${value} is not one of ${written(params['allowedValues'])}`
    case 'minLength':
    case 'minItems':
      return `${value} is too short`
    case 'maxLength':
    case 'maxItems':
      return `${value} is too long`
    case 'minProperties':
      return `${value} does not have enough properties`
    case 'maxProperties':
      return `${value} has too many properties`
    case 'pattern':
      return `${value} does not match ${propertyName === undefined ? '' : 'any of the regexes: '}'${String(params['pattern'])}'`
    case 'format':
      return `${value} is not a '${String(params['format'])}'`
    case 'minimum':
      return `${value} is less than the minimum of ${String(schema)}`
    case 'maximum':
      return `${value} is greater than the maximum of ${String(schema)}`
    case 'uniqueItems':
      return `${value} has non-unique elements`
    default:
      return `${value} ${message ?? 'is not valid'}`
  }
}

const shown = (value: unknown): string => clipped(written(value))

/** As OpenStack's services write values into their texts: `{'size': 1, 'tags': ['a'], 'name': None}`. */
function written(value: unknown): string {
  if (value === undefined || value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value.replaceAll("'", "\\'")}'`
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (typeof value !== 'object') return String(value)
  const members = Object.entries(value).map(([name, member]) => `${written(name)}: ${written(member)}`)
  return `{${members.join(', ')}}`
}

/** A refusal never echoes a megabyte back. */
const clipped = (value: string) => (value.length > 200 ? `${value.slice(0, 200)}...` : value)
