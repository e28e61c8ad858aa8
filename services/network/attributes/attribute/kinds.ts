import { formatAddress, formatBlock, parseAddress, parseBlock } from '../../addresses/address.ts'
import { inconvertible, type Kind, python, repr, wrong } from './attribute.ts'

/** The kinds of values attributes have, each with the words Neutron's clients know for what does not fit. */
const uuidForm = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i
export const isUuid = (value: unknown): value is string => typeof value === 'string' && uuidForm.test(value)

export const text = (max?: number): Kind<string> => ({
  schema: { type: 'string', ...(max === undefined ? {} : { maxLength: max }) },
  read(value) {
    if (typeof value !== 'string') return wrong(`'${python(value)}' is not a valid string`)
    return max !== undefined && [...value].length > max ? wrong(`'${value}' exceeds maximum length of ${max}`) : value
  },
})

export const filledText = (max?: number): Kind<string> => ({
  schema: { ...text(max).schema, minLength: 1 },
  read(value) {
    const found = text(max).read(value)
    return found.trim() === '' ? wrong(`'${found}' Blank strings are not permitted`) : found
  },
})

export const orNull = <T>(kind: Kind<T>): Kind<T | null> => ({
  schema: { anyOf: [kind.schema, { type: 'null' }] },
  read: value => (value === null || value === undefined ? null : kind.read(value)),
})

/** Shown as null where there is none; nobody may write null. */
export const shownOrNull = <T>(kind: Kind<T>): Kind<T> => ({ ...kind, shownSchema: orNull(kind).schema })

/** Clients that write null for an empty list are understood. */
export const orEmpty = <T>(kind: Kind<readonly T[]>): Kind<readonly T[]> => ({
  schema: kind.schema,
  read: value => (value === null || value === undefined ? [] : kind.read(value)),
})

const yes = ['true', '1', 't', 'yes', 'on']
const no = ['false', '0', 'f', 'no', 'off']

export const flag: Kind<boolean> = {
  schema: { type: 'boolean' },
  read(value) {
    if (typeof value === 'boolean') return value
    const word = typeof value === 'string' ? value.toLowerCase() : python(value)
    if ((typeof value === 'string' ? ['true', '1'] : ['1']).includes(word)) return true
    if ((typeof value === 'string' ? ['false', '0'] : ['0']).includes(word)) return false
    return inconvertible(`'${python(value)}' cannot be converted to boolean`)
  },
}

/** For member dictionaries, which are read by the wider list of words. */
export const looseFlag: Kind<boolean> = {
  schema: { type: 'boolean' },
  read(value) {
    const word = python(value).toLowerCase()
    if (yes.includes(word)) return true
    return no.includes(word) ? false : inconvertible(`'${python(value)}' cannot be converted to boolean`)
  },
}

export const whole = ({ min, max }: { min?: number; max?: number } = {}): Kind<number> => ({
  schema: { type: 'integer', ...(min === undefined ? {} : { minimum: min }), ...(max === undefined ? {} : { maximum: max }) },
  read(value) {
    const number =
      typeof value === 'number'
        ? Math.trunc(value)
        : typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
          ? Number(value)
          : Number.NaN
    if (typeof value === 'boolean' || Number.isNaN(number)) return inconvertible(`'${python(value)}' is not an integer`)
    if (min === 0 && max === undefined && number < 0) return wrong(`'${number}' should be non-negative`)
    if (min !== undefined && number < min) return wrong(`'${number}' is too small - must be at least '${min}'`)
    if (max !== undefined && number > max) return wrong(`'${number}' is too large - must be no larger than '${max}'`)
    return number
  },
})

export const uuid: Kind<string> = {
  schema: { type: 'string', format: 'uuid' },
  read: value => (isUuid(value) ? value : wrong(`'${python(value)}' is not a valid UUID`)),
}

export const listOf = <T>(item: Kind<T>, { unique = true }: { unique?: boolean } = {}): Kind<readonly T[]> => ({
  schema: { type: 'array', items: item.schema },
  read(value) {
    if (!Array.isArray(value)) return wrong(`'${python(value)}' is not a list`)
    const twice = unique ? value.filter((one, i) => value.findIndex(other => repr(other) === repr(one)) !== i) : []
    if (twice.length > 0) return wrong(`Duplicate items in the list: '${twice.map(python).join(', ')}'`)
    return value.map(one => item.read(one))
  },
})

export const words = <const W extends readonly (string | number | null)[]>(...allowed: W): Kind<W[number]> => ({
  schema: { enum: allowed },
  read(value) {
    const found = allowed.find(one => one === value)
    return found === undefined && value !== undefined ? wrong(`${python(value)} is not in ${repr(allowed)}`) : (found as W[number])
  },
})

/** One of some numbers, which clients also send as text. */
export const numbers = <const W extends readonly number[]>(...allowed: W): Kind<W[number]> => ({
  schema: { enum: allowed },
  read(value) {
    const number = whole().read(value)
    return allowed.find(one => one === number) ?? wrong(`${number} is not in ${repr(allowed)}`)
  },
})

export const address: Kind<string> = {
  schema: { type: 'string', format: 'ip-address' },
  read(value) {
    const found = typeof value === 'string' ? parseAddress(value.trim()) : undefined
    return found ? formatAddress(found) : wrong(`'${python(value)}' is not a valid IP address`)
  },
}

/** A block, canonical: host bits are dropped. */
export const block: Kind<string> = {
  schema: { type: 'string', format: 'cidr' },
  read(value) {
    const found = typeof value === 'string' && value.includes('/') ? parseBlock(value.trim()) : undefined
    return found ? formatBlock(found) : wrong(`'${python(value)}' is not a valid IP subnet`)
  },
}

/** A block whose text must be canonical already. */
export const exactBlock: Kind<string> = {
  schema: block.schema,
  read(value) {
    const found = typeof value === 'string' ? parseBlock(value.trim()) : undefined
    if (!found) return wrong(`'${python(value)}' is not a valid IP subnet`)
    const canonical = formatBlock(found)
    return value === canonical ? canonical : wrong(`'${python(value)}' isn't a recognized IP subnet cidr, '${canonical}' is recommended`)
  },
}

export const dictionary: Kind<Readonly<Record<string, unknown>>> = {
  schema: { type: 'object' },
  read: value =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : wrong(`'${python(value)}' is not a dictionary`),
}

/** Whatever is only ever shown, never read. */
export const shown = <T = unknown>(schema: Readonly<Record<string, unknown>> = {}): Kind<T> => ({ schema, read: value => value as T })
