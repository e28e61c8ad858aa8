import { isIP } from 'node:net'

/**
 * The kinds of options. An option is data: what it is for, how its text is read, what it is when nobody says anything. A default that is
 * text may refer to other options (`$my_ip`), as a value in a file may.
 */
export interface Option<T> {
  readonly about: string
  /** What is allowed, as the end of a sentence: `a port, from 1 to 65535`. */
  readonly allowed: string
  /** Never shown; of a URL only the password is hidden. */
  readonly secret: boolean
  /** Every occurrence counts (oslo's MultiOpt); otherwise the last one wins. */
  readonly multi: boolean
  readonly required: boolean
  readonly default: T | string | undefined
  /** Former names: `rpc_backend` in the same section, or `DEFAULT.sql_connection`. */
  readonly formerly: readonly string[]
  /** The value, or `unfit`. */
  readonly read: (text: string) => T | typeof unfit
  /** The default as a file would say it, where the program says it otherwise. */
  readonly defaultSaid?: string | undefined
  /** What is wrong with a text that is unfit, where there is more to say than what is allowed: `mongodb is not supported`. */
  readonly why?: (text: string) => string | undefined
}

export const unfit: unique symbol = Symbol('unfit')

interface Said<D> {
  readonly about: string
  readonly default?: D
  readonly required?: boolean
  readonly formerly?: readonly string[]
}
/** An option nobody must set may be missing, unless it has a default or is required. */
type Held<T, S> = S extends { readonly default: unknown } | { readonly required: true } ? T : T | undefined

const option = <T, S extends Said<unknown> & { readonly secret?: boolean }>(
  said: S,
  allowed: string,
  read: (text: string) => T | typeof unfit,
  multi = false,
): Option<Held<T, S>> => ({
  about: said.about,
  allowed,
  secret: said.secret ?? false,
  multi,
  required: said.required ?? false,
  default: said.default as Held<T, S> | string | undefined,
  formerly: said.formerly ?? [],
  read: read as (text: string) => Held<T, S> | typeof unfit,
})

export const text = <const S extends Said<string> & { secret?: boolean }>(said: S) => option<string, S>(said, 'any text', words => words)

export const secret = <const S extends Said<string>>(said: S) =>
  option<string, S & { secret: true }>({ ...said, secret: true }, 'any text', words => words)

export const integer = <const S extends Said<number> & { min?: number; max?: number }>(said: S) => {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = said
  return option<number, S>(said, `a whole number${range(said.min, said.max)}`, words => wholeNumber(words, min, max))
}

export const decimal = <const S extends Said<number> & { min?: number }>(said: S) =>
  option<number, S>(said, `a number${said.min === undefined ? '' : ` from ${said.min} up`}`, words => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(words) ? Number(words) : Number.NaN
    return value >= (said.min ?? Number.NEGATIVE_INFINITY) ? value : unfit
  })

export const port = <const S extends Said<number>>(said: S) =>
  option<number, S>(said, 'a port, a whole number from 1 to 65535', words => wholeNumber(words, 1, 65535))

/** A span of time in milliseconds. A bare number is in seconds, as OpenStack's options are. */
export const duration = <const S extends Said<number> & { minMs?: number }>(said: S) => ({
  ...option<number, S>(said, `a time such as 30, 30s, 500ms, 5m, 1h (a bare number is in seconds)`, words => {
    const [, count, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(words) ?? []
    if (count === undefined) return unfit
    const ms = Number(count) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 'ms' | 's' | 'm' | 'h' | 'd']
    return ms >= (said.minMs ?? 0) ? ms : unfit
  }),
  defaultSaid: typeof said.default !== 'number' ? undefined : said.default % 1000 === 0 ? `${said.default / 1000}` : `${said.default}ms`,
})

export const boolean = <const S extends Said<boolean>>(said: S) =>
  option<boolean, S>(said, 'true, 1, on, yes or false, 0, off, no', words => {
    if (/^(true|1|on|yes|t|y)$/i.test(words)) return true
    return /^(false|0|off|no|f|n)$/i.test(words) ? false : unfit
  })

export const list = <const S extends Said<readonly string[]> & { of?: readonly string[] }>(said: S) =>
  option<readonly string[], S>(said, said.of ? `a list with commas of ${said.of.join(', ')}` : 'a list with commas', words => {
    const items = words
      .replace(/^\[([\s\S]*)\]$/, '$1')
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== '')
    return said.of && items.some(item => !said.of?.includes(item)) ? unfit : items
  })

/** A key that may be repeated; each occurrence is one item. */
export const many = <const S extends Said<readonly string[]>>(said: S) =>
  option<readonly string[], S>(said, 'any text, the key may be repeated', words => [words], true)

export const oneOf = <const W extends readonly string[], const S extends Said<W[number]>>(words: W, said: S) =>
  option<W[number], S>(said, `one of ${words.join(', ')}`, word => words.find(each => each.toLowerCase() === word.toLowerCase()) ?? unfit)

export const ip = <const S extends Said<string>>(said: S) =>
  option<string, S>(said, 'an IP address', words => (isIP(words) ? words : unfit))

export const host = <const S extends Said<string>>(said: S) =>
  option<string, S>(said, 'a host name or an IP address', words => (isHost(words) ? words : unfit))

export const path = <const S extends Said<string>>(said: S) =>
  option<string, S>(said, 'an absolute path', words => (words.startsWith('/') && !words.includes('\0') ? words : unfit))

/** A URL, kept as it is written: OpenStack's may have `mysql+pymysql` as a scheme, no host, or several hosts with commas. */
export const url = <const S extends Said<string> & { secret?: boolean; schemes?: readonly string[] }>(said: S) => {
  const schemes = said.schemes
  const allowed = schemes ? `a URL that begins with ${schemes.map(scheme => `${scheme}://`).join(' or ')}` : 'a URL'
  const schemeOf = (words: string) => /^([a-z][a-z0-9+.-]*):\/\/[^\s]*$/i.exec(words)?.[1]?.toLowerCase()
  const fits = (scheme: string | undefined) => scheme !== undefined && (schemes === undefined || schemes.includes(scheme))
  return {
    ...option<string, S>(said, allowed, words => (fits(schemeOf(words)) ? words : unfit)),
    why: (words: string) => (schemeOf(words) === undefined ? undefined : `${schemeOf(words)} is not supported`),
  }
}

const isHost = (words: string) =>
  isIP(words) !== 0 || (words.length <= 253 && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/i.test(words))

const wholeNumber = (words: string, min: number, max: number) => {
  const value = /^[+-]?\d+$/.test(words) ? Number(words) : Number.NaN
  return value >= min && value <= max ? value : unfit
}

const range = (min: number | undefined, max: number | undefined) =>
  `${min === undefined ? '' : ` from ${min}`}${max === undefined ? (min === undefined ? '' : ' up') : ` to ${max}`}`

/** A value as it may be shown: secrets hidden, the password of a URL too. */
export const shown = (declared: Option<unknown> | undefined, value: string, key = ''): string => {
  const bare = value
    .replace(/([a-z][a-z0-9+.-]*:\/\/|,)([^/@:,\s]*):([^@,\s]*)@/gi, '$1$2:***@')
    .replace(/(password|secret|token)=[^&\s]+/gi, '$1=***')
  if (declared?.secret && bare === value) return '***'
  return bare === value && isSecretName(key) ? '***' : bare
}

/** Keys whose values are secrets even where nobody declared them: a name that ends so. */
export const isSecretName = (key: string) => /(password|passwd|_pass|secret|token|private_key|hmac_keys?|encryption_key|_key)$/i.test(key)
