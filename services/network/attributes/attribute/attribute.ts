import { refuseBody, refuseInput } from '../../refusals/refusal.ts'

/**
 * The attributes of a resource as data: who may send them and when, what is shown, what lists are narrowed and sorted by, and how a value is
 * read. The API's checks, its views, its reference and the types that logic sees all come from these tables.
 *
 * The marks: `c` may be sent in a create, `u` in an update, `v` is shown, `f` narrows lists, `s` sorts them. A capital letter says the
 * same, guarded by a rule of its own (`create_network:shared`).
 */
export interface Attribute<out T = unknown, Given extends boolean = boolean> {
  readonly marks: string
  readonly kind: Kind<T>
  /** Must be in every create. */
  readonly needed: boolean
  readonly fallback: T | undefined
  /** Members that have rules of their own: `create_port:fixed_ips:subnet_id`. */
  readonly guards: readonly string[]
  /** Exists in types only: whether a create always has a value. */
  readonly given?: Given
}

/** How one value is read. `read` gives what is stored, or says what is wrong by a `Wrong`. */
export interface Kind<out T> {
  readonly schema: Readonly<Record<string, unknown>>
  /** What is shown, where that may be more than what is read. */
  readonly shownSchema?: Readonly<Record<string, unknown>>
  read(value: unknown): T
}

/** The value is not acceptable, and why: becomes "Invalid input for name. Reason: ...". */
export class Wrong extends Error {}

export const attr = <T>(marks: string, kind: Kind<T>, ...guards: readonly string[]): Attribute<T, false> => ({
  marks,
  kind,
  needed: false,
  fallback: undefined,
  guards,
})

export const attrOr = <T>(marks: string, kind: Kind<T>, fallback: T, ...guards: readonly string[]): Attribute<T, true> => ({
  marks,
  kind,
  needed: false,
  fallback,
  guards,
})

export const needed = <T>(marks: string, kind: Kind<T>): Attribute<T, true> => ({
  marks,
  kind,
  needed: true,
  fallback: undefined,
  guards: [],
})

export type Attributes = Readonly<Record<string, Attribute>>

export const may = ({ marks }: Attribute, mark: 'c' | 'u' | 'v' | 'f' | 's'): boolean => marks.toLowerCase().includes(mark)
export const isGuarded = ({ marks }: Attribute, mark: 'c' | 'u' | 'v'): boolean => marks.includes(mark.toUpperCase())

/** `provider:network_type` → `providerNetworkType` */
export type Camel<S extends string> = S extends `${infer A}_${infer B}`
  ? `${Camel<A>}${Capitalize<Camel<B>>}`
  : S extends `${infer A}:${infer B}`
    ? `${Camel<A>}${Capitalize<Camel<B>>}`
    : S
export const camel = (name: string): string => name.replace(/[_:]([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

type ValueOf<A> = A extends Attribute<infer T> ? T : never
type IsGiven<A> = A extends Attribute<unknown, infer G> ? G : false

/** What logic is handed of a create: defaults filled in. */
export type Wish<A extends Attributes> = {
  readonly [K in keyof A & string as IsGiven<A[K]> extends true ? Camel<K> : never]: ValueOf<A[K]>
} & {
  readonly [K in keyof A & string as IsGiven<A[K]> extends true ? never : Camel<K>]?: ValueOf<A[K]> | undefined
}
/** What logic is handed of an update: only what was sent. */
export type Change<A extends Attributes> = { readonly [K in keyof A & string as Camel<K>]?: ValueOf<A[K]> | undefined }

/** One value, or a refusal in the API's words. */
export function readValue<T>(name: string, kind: Kind<T>, value: unknown): T {
  try {
    return kind.read(value)
  } catch (error) {
    if (error instanceof Wrong) return refuseBody(`Invalid input for ${name}. Reason: ${error.message}.`)
    throw error
  }
}

/** Python's word for a value, as it stands in messages. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return 'None'
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  return repr(value)
}

export function repr(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${repr(key)}: ${repr(one)}`)
      .join(', ')}}`
  return python(value)
}

export const wrong = (message: string): never => {
  throw new Wrong(message)
}

/** A value that cannot be converted at all: refused without the attribute's name. */
export const inconvertible = (message: string): never => refuseInput(message)
