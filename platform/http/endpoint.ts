import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { Cause } from '../cause.ts'
import type { Ladder, Span, Varying } from '../ladder.ts'
import type { Caller } from '../policy/caller.ts'
import { type Cells, type FieldsOf, rungsOf, schemaAt } from './fields.ts'
import type { JsonSchema } from './shape.ts'
import { type ItemView, itemView, type Listing, listView, type View, type ViewCells, type Wrapping } from './view.ts'

/**
 * A route is data: method, path, policy, body and query fields, view fields and statuses, each with the versions that see it. What a
 * client can learn about a resource stands in one place, and validation, answers, the OpenAPI document, the API reference and the
 * completeness tests are all readers of it.
 */
export interface Endpoint {
  readonly method: Method
  /** `/v3/regions/{region_id}` */
  readonly path: string
  readonly summary: string
  readonly policy: string | Open
  /** The one key of the body that chooses this endpoint among those of its path: `os-start`. */
  readonly action: string | undefined
  readonly body: Body<unknown> | undefined
  readonly query: Query<unknown> | undefined
  readonly status: Varying<number>
  readonly view: View<never> | undefined
  readonly streams: boolean
  readonly tellsAbsence: boolean
  readonly since: string | undefined
  readonly until: string | undefined
  readonly about: ((asked: Asked) => unknown) | undefined
  readonly target: ((asked: Asked & { about: unknown }) => Readonly<Record<string, unknown>>) | undefined
  readonly run: (asked: Asked & { about: unknown }) => unknown
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'COPY' | 'HEAD'

/** A route that needs no token, and why it may be so. */
export interface Open {
  readonly open: string
}
export const open = (why: string): Open => ({ open: why })

export interface Body<out T> {
  readonly root: string | null
  readonly rungs: readonly string[]
  schema(version: string): JsonSchema
  /** The members of a value that no version declares: what `extra: 'keep'` let through. */
  undeclared(value: object): Readonly<Record<string, unknown>>
  /** The schema describes only: the endpoint reads the body itself, and says what is wrong in its service's own words. */
  readonly readsItself?: boolean
  readonly type?: T
}

export interface Query<out T> {
  readonly rungs: readonly string[]
  /** Every parameter that some version knows. */
  readonly names?: ReadonlySet<string>
  schema(version: string): JsonSchema
  readonly type?: T
}

/** The request itself, for the few endpoints that need more than their declared fields. */
export interface Door {
  readonly headers: IncomingHttpHeaders
  readonly remoteAddress: string
  /** The path and query as the client sent them, without a one-port prefix. */
  readonly url: string
  /** The undigested body of an endpoint that `streams`. */
  readonly stream: Readable
  /** Aborted when the answer is over or the client goes away. */
  readonly signal: AbortSignal
  /** Aborted when the process begins to stop: an answer that would never end ends then. */
  readonly closing: AbortSignal
}

/** What an endpoint is handed, before its types are known. */
export interface Asked {
  readonly caller: Caller | undefined
  readonly params: Readonly<Record<string, string>>
  readonly body: unknown
  readonly query: unknown
  readonly cause: Cause
  readonly version: string
  /** The service's root as the client sees it. */
  readonly base: string
  readonly door: Door
  /** What this version sees of something that varies. */
  at<T>(varying: Varying<T>): T | undefined
  readonly may: May
}

/** Whether the caller may do a further, named thing (a policy rule) to a target. */
export type May = (policy: string, target?: Readonly<Record<string, unknown>>) => boolean

type ParamsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? { readonly [K in Name]: string } & ParamsOf<Rest>
  : unknown

interface Context<Path extends string, P, B, Q> {
  readonly caller: P extends Open ? Caller | undefined : Caller
  readonly params: ParamsOf<Path>
  readonly body: B
  readonly query: Q
  readonly cause: Cause
  readonly version: string
  readonly base: string
  readonly door: Door
  at<T>(varying: Varying<T>): T | undefined
  readonly may: May
}

export interface Declaration<Path extends string, P extends string | Open, B, Q, A, R> {
  readonly summary: string
  /** The policy rule's name; `open(why)` for the few routes without a token. */
  readonly policy: P
  readonly action?: string
  readonly body?: Body<B>
  readonly query?: Query<Q>
  readonly status: Varying<number>
  readonly view?: View<R>
  /** The body is handed over as a stream, whatever its type and size. */
  readonly streams?: boolean
  readonly since?: string
  readonly until?: string
  /** Looks up what the request is about, before policy is asked. Its `not-found` becomes `forbidden` for those who may not know. */
  readonly about?: (asked: Context<Path, P, B, Q>) => A
  /** Everybody with a token may know that what the request is about is not there. */
  readonly tellsAbsence?: boolean
  /** What policy rules may name with `%(...)s`. */
  readonly target?: (asked: Context<Path, P, B, Q> & { readonly about: Awaited<A> }) => Readonly<Record<string, unknown>>
  readonly run: (asked: Context<Path, P, B, Q> & { readonly about: Awaited<A> }) => Promise<R | Answer<R>> | R | Answer<R>
}

/** A result with its own status or headers, or with a stream instead of a view. */
export class Answer<out R> {
  readonly result: R | undefined
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly stream: Readable | Buffer | string | undefined

  constructor(parts: {
    result?: R
    status?: number
    headers?: Readonly<Record<string, string | string[]>>
    stream?: Readable | Buffer | string
  }) {
    this.result = parts.result
    this.status = parts.status
    this.headers = parts.headers ?? {}
    this.stream = parts.stream
  }
}

export const answer = <R>(result: R, more: { status?: number; headers?: Readonly<Record<string, string | string[]>> } = {}): Answer<R> =>
  new Answer({ result, ...more })

/** The declaring words, bound to a service's ladder and to how it wraps lists. */
export function declarations<V extends string>(versions: Ladder<V>, wrap: Wrapping) {
  return {
    /** The fields of a request body below `root` (or at the top when `null`). Fields not named are refused unless `extra` is `keep`. */
    body: <const F extends Cells>(root: string | null, cells: F, { extra = 'refuse' as 'refuse' | 'keep' } = {}): Body<FieldsOf<F>> => ({
      root,
      rungs: rungsOf(cells),
      undeclared: value => Object.fromEntries(Object.entries(value).filter(([name]) => !Object.hasOwn(cells, name))),
      schema: version => {
        const schema = schemaAt(versions, version, cells, extra === 'keep')
        return root === null
          ? schema
          : { type: 'object', properties: { [root]: schema }, required: [root], additionalProperties: extra === 'keep' }
      },
    }),

    /** A body whose one member is a shape of its own: `{"os-start": null}`, `{"reboot": {...}}`. */
    plainBody: <T>(root: string | null, schema: JsonSchema & { readonly type?: unknown }, _type?: T): Body<T> => ({
      root,
      rungs: [],
      undeclared: () => ({}),
      schema: () =>
        root === null ? schema : { type: 'object', properties: { [root]: schema }, required: [root], additionalProperties: false },
    }),

    /**
     * Query parameters. Integers and booleans are read from their text; a parameter sent twice is a list where its shape is one. Those not
     * named are passed over, or refused, or passed over until a version.
     */
    query: <const F extends Cells>(
      cells: F,
      { extra = 'keep' }: { readonly extra?: 'refuse' | 'keep' | Span<'keep'> } = {},
    ): Query<FieldsOf<F>> => {
      const kept: Span<'refuse' | 'keep'> = typeof extra === 'string' ? { what: extra } : extra
      return {
        rungs: [...rungsOf(cells), ...(kept.to === undefined ? [] : [kept.to])],
        names: new Set(Object.keys(cells)),
        schema: perVersion(version => schemaAt(versions, version, cells, kept.what === 'keep' && versions.sees(version, kept))),
      }
    },

    view: <S>(root: string | null, cells: ViewCells<S>, extra?: (source: S) => Readonly<Record<string, unknown>>): ItemView<S> =>
      itemView(versions, root, cells, extra),

    listView: <S>(root: string, item: ItemView<S>): View<Listing<S>> => listView(root, item, wrap),

    endpoint: <const Path extends string, P extends string | Open, B = undefined, Q = undefined, A = undefined, R = void>(
      route: `${Method} ${Path}`,
      declared: Declaration<Path, P, B, Q, A, R>,
    ): Endpoint => {
      const [method, path] = route.split(' ') as [Method, string]
      return {
        method,
        path,
        summary: declared.summary,
        policy: declared.policy,
        action: declared.action,
        body: declared.body,
        query: declared.query,
        status: declared.status,
        view: declared.view as View<never> | undefined,
        streams: declared.streams ?? false,
        tellsAbsence: declared.tellsAbsence ?? false,
        since: declared.since,
        until: declared.until,
        about: declared.about as Endpoint['about'],
        target: declared.target as Endpoint['target'],
        run: declared.run as unknown as Endpoint['run'],
      }
    },

    since: <T>(from: V, what: T): Span<T> => versions.since(from, what),
    until: <T>(to: V, what: T): Span<T> => versions.until(to, what),
  }
}

/** Queries are read by their schema, every time: it is put together once for each version. */
function perVersion<T>(make: (version: string) => T): (version: string) => T {
  const made = new Map<string, T>()
  return version => {
    const known = made.get(version)
    if (known !== undefined) return known
    const value = make(version)
    made.set(version, value)
    return value
  }
}

export const isOpen = (policy: string | Open): policy is Open => typeof policy !== 'string'
