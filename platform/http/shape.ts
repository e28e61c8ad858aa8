/**
 * What a value on the wire looks like. A shape *is* a JSON Schema together with the TypeScript type it admits, so that validation, the
 * served OpenAPI document, the API reference and the types inside the program all come from one declaration.
 */
export type JsonSchema = { readonly [keyword: string]: unknown }

export interface Shape<out T> {
  readonly schema: JsonSchema
  /** Never set: carries the type only. */
  readonly type?: T
}

export type ValueOf<S> = S extends Shape<infer T> ? T : never

const shape = <T>(schema: JsonSchema): Shape<T> => ({ schema })

export interface TextLimits {
  readonly min?: number
  readonly max?: number
  /** An ECMAScript regular expression, unanchored unless it anchors itself. */
  readonly pattern?: string
  readonly format?: 'uri' | 'uuid' | 'date-time' | 'email' | 'ipv4' | 'ipv6' | 'cidr' | 'mac-address'
}

/** A string; lengths in characters. */
export const text = ({ min, max, pattern, format }: TextLimits = {}): Shape<string> =>
  shape({ type: 'string', ...given({ minLength: min, maxLength: max, pattern, format }) })

export const integer = ({ min, max }: { min?: number; max?: number } = {}): Shape<number> =>
  shape({ type: 'integer', ...given({ minimum: min, maximum: max }) })

export const decimal = ({ min, max }: { min?: number; max?: number } = {}): Shape<number> =>
  shape({ type: 'number', ...given({ minimum: min, maximum: max }) })

export const flag: Shape<boolean> = shape({ type: 'boolean' })

export const oneOf = <const W extends readonly (string | number | boolean | null)[]>(...words: W): Shape<W[number]> =>
  shape({ enum: words })

export const list = <T>(of: Shape<T>, { min, max, unique }: { min?: number; max?: number; unique?: boolean } = {}): Shape<readonly T[]> =>
  shape({ type: 'array', items: of.schema, ...given({ minItems: min, maxItems: max, uniqueItems: unique }) })

/** An object whose keys are not known beforehand: metadata, extra specs. */
export const dictionary = <T>(of: Shape<T>, { key, max }: { key?: string; max?: number } = {}): Shape<Readonly<Record<string, T>>> =>
  shape({
    type: 'object',
    additionalProperties: of.schema,
    ...given({ propertyNames: key === undefined ? undefined : { type: 'string', pattern: key }, maxProperties: max }),
  })

export const nullable = <T>(of: Shape<T>): Shape<T | null> => {
  const { type, enum: words } = of.schema
  if (typeof type === 'string') return shape({ ...of.schema, type: [type, 'null'] })
  if (Array.isArray(words)) return shape({ ...of.schema, enum: [...words, null] })
  return shape({ anyOf: [of.schema, { type: 'null' }] })
}

export const either = <S extends readonly Shape<unknown>[]>(...shapes: S): Shape<ValueOf<S[number]>> =>
  shape({ anyOf: shapes.map(one => one.schema) })

/** Any JSON value at all: only where the API itself promises nothing more. */
export const anything: Shape<unknown> = shape({})

export type Members = Readonly<Record<string, Shape<unknown> | Maybe<unknown>>>

/** A member of an `object` that may be left out. */
export interface Maybe<T> {
  readonly maybe: Shape<T>
}
export const maybe = <T>(of: Shape<T>): Maybe<T> => ({ maybe: of })

type ObjectOf<M extends Members> = { readonly [K in keyof M as M[K] extends Shape<unknown> ? K : never]: ValueOf<M[K]> } & {
  readonly [K in keyof M as M[K] extends Maybe<unknown> ? K : never]?: M[K] extends Maybe<infer T> ? T | undefined : never
}

/** A nested object; a member not named is refused unless `extra` is `keep`. */
export const object = <const M extends Members>(
  members: M,
  { extra = 'refuse' }: { extra?: 'refuse' | 'keep' } = {},
): Shape<ObjectOf<M>> => {
  const entries = Object.entries(members)
  const needed = entries.filter(([, member]) => !('maybe' in member)).map(([name]) => name)
  return shape({
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, member]) => [name, 'maybe' in member ? member.maybe.schema : member.schema])),
    ...(needed.length > 0 ? { required: needed } : {}),
    additionalProperties: extra === 'keep',
  })
}

/** `of`, described for the API reference. */
export const about = <T>(description: string, of: Shape<T>): Shape<T> => shape({ ...of.schema, description })

const given = (keywords: Record<string, unknown>) => Object.fromEntries(Object.entries(keywords).filter(([, value]) => value !== undefined))

/** 32 hexadecimal digits or a UUID: how identity and the other services write ids. */
export const id = text({ min: 1, max: 64, pattern: '^[a-zA-Z0-9-]+$' })
export const uuid = text({ format: 'uuid' })
export const name = text({ min: 1, max: 255, pattern: '\\S' })
/** `2016-08-04T07:29:26.000000` or `...Z`. */
export const time = text({ format: 'date-time' })
