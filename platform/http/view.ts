import type { Ladder, Span } from '../ladder.ts'
import { columns } from '../ladder.ts'
import type { JsonSchema, Shape } from './shape.ts'

/** What a view may know besides the thing it shows. */
export interface Showing {
  readonly version: string
  /** The service's own root as the client sees it, without a trailing slash: `http://cloud:5000`. */
  readonly base: string
  /** This request's URL as the client sees it, with its query. */
  readonly self: string
}

/** One field of a view: its shape on the wire, and how it is read off the thing. `undefined` leaves the field out. */
export interface Shown<in S, out T> {
  readonly shape: Shape<T>
  readonly of: (source: S, showing: Showing) => T | undefined
}

/** `const shown = shows<Region>()`, then `id: shown(text(), region => region.id)`. */
export const shows =
  <S>() =>
  <T>(shape: Shape<T>, of: (source: S, showing: Showing) => T | undefined): Shown<S, T> => ({ shape, of })

type ViewCell<S> = Shown<S, unknown> | Span<Shown<S, unknown>> | readonly (Shown<S, unknown> | Span<Shown<S, unknown>>)[]
export type ViewCells<S> = Readonly<Record<string, ViewCell<S>>>

/** How a result is written on the wire, per version. */
export interface View<in S> {
  render(source: S, showing: Showing): unknown
  /** The same as JSON text, where that is known more cheaply than by rendering. */
  readonly text?: (source: S, showing: Showing) => string
  schema(version: string): JsonSchema
  readonly rungs: readonly string[]
}

/** A view of one thing that can also be the view of a list of them. */
export interface ItemView<S> extends View<S> {
  /** The text of the fields without the root, of a `lasting` view. */
  readonly bareText?: (source: S, showing: Showing) => string
  /** The fields without the root. */
  bare(source: S, showing: Showing): Record<string, unknown>
  bareSchema(version: string): JsonSchema
  readonly cells: ViewCells<S>
}

/** `extra` adds fields whose names are not known beforehand (Keystone's free attributes); declared ones win. */
export function itemView<S>(
  versions: Ladder,
  root: string | null,
  cells: ViewCells<S>,
  extra?: (source: S) => Readonly<Record<string, unknown>>,
): ItemView<S> {
  const seen = new Map<string, readonly (readonly [string, Shown<S, unknown>])[]>()
  const fieldsAt = (version: string) => {
    let fields = seen.get(version)
    if (!fields) {
      fields = Object.entries(cells).flatMap(([name, cell]) => {
        const found = columns(cell as Shown<S, unknown>).findLast(span => versions.sees(version, span))?.what
        return found ? [[name, found] as const] : []
      })
      seen.set(version, fields)
    }
    return fields
  }
  const bare = (source: S, showing: Showing) => {
    const body: Record<string, unknown> = extra ? { ...extra(source) } : {}
    for (const [name, { of }] of fieldsAt(showing.version)) {
      const value = of(source, showing)
      if (value !== undefined) body[name] = value
    }
    return body
  }
  const bareSchema = (version: string): JsonSchema => ({
    type: 'object',
    properties: Object.fromEntries(fieldsAt(version).map(([name, { shape }]) => [name, shape.schema])),
    ...(extra ? { additionalProperties: true } : {}),
  })
  return {
    cells,
    bare,
    bareSchema,
    rungs: Object.values(cells).flatMap(cell =>
      columns(cell as Shown<S, unknown>).flatMap(({ from, to }) => [from, to].filter(v => v !== undefined)),
    ),
    render: (source, showing) => (root === null ? bare(source, showing) : { [root]: bare(source, showing) }),
    schema: version => (root === null ? bareSchema(version) : rooted(root, bareSchema(version))),
  }
}

/** By so many versions and names of this cloud what was written is remembered: a stranger may call it by any name. */
const mostWays = 64

/**
 * A view whose fields show no more of the request than the version and the cloud's own address, of things that are never changed once they were
 * read: what it wrote of a thing is remembered beside the thing and goes with it.
 */
export function lasting<S extends object>(item: ItemView<S>, root: string | null = null): ItemView<S> {
  const written = new Map<string, WeakMap<S, string>>()
  const bareText = (source: S, showing: Showing) => {
    const way = `${showing.version} ${showing.base}`
    let texts = written.get(way)
    if (!texts) {
      if (written.size >= mostWays) written.clear()
      texts = new WeakMap()
      written.set(way, texts)
    }
    let text = texts.get(source)
    if (text === undefined) {
      text = JSON.stringify(item.bare(source, showing))
      texts.set(source, text)
    }
    return text
  }
  const text = (source: S, showing: Showing) =>
    root === null ? bareText(source, showing) : `{${JSON.stringify(root)}:${bareText(source, showing)}}`
  return { ...item, bareText, text }
}

const rooted = (root: string, schema: JsonSchema): JsonSchema => ({ type: 'object', properties: { [root]: schema }, required: [root] })

/** A page of things: what a list endpoint's `run` returns. `next` is the marker of the following page, when there is one. */
export interface Listing<T> {
  readonly items: readonly T[]
  readonly next?: string | undefined
  /** More was found than a fixed limit lets through (Keystone's `truncated`). */
  readonly truncated?: boolean
}

/** How a service wraps its lists: `{servers: [...], servers_links: [...]}`, `{links: {next, self, previous}, users: [...]}`. */
export type Wrapping = (
  root: string,
  items: readonly unknown[],
  page: { next?: string | undefined; truncated?: boolean | undefined; self: string },
) => object

export const listView = <S>(root: string, item: ItemView<S>, wrap: Wrapping): View<Listing<S>> => {
  const { bareText } = item
  const pageOf = ({ next, truncated }: Listing<S>, showing: Showing) => ({
    self: showing.self,
    truncated,
    next: next === undefined ? undefined : withMarker(showing.self, next),
  })
  return {
    rungs: item.rungs,
    render: (listing, showing) =>
      wrap(
        root,
        listing.items.map(one => item.bare(one, showing)),
        pageOf(listing, showing),
      ),
    ...(bareText === undefined
      ? {}
      : {
          text: (listing, showing) =>
            textAround(
              items => wrap(root, items, pageOf(listing, showing)),
              listing.items.map(one => bareText(one, showing)),
            ),
        }),
    schema: version => ({
      type: 'object',
      properties: { [root]: { type: 'array', items: item.bareSchema(version) } },
      required: [root],
    }),
  }
}

/** What `wrap` puts around a list, with the texts of its items where it put the list. */
function textAround(wrap: (items: readonly unknown[]) => object, texts: readonly string[]): string {
  const place: readonly unknown[] = []
  const members = Object.entries(wrap(place)).flatMap(([name, value]) => {
    const text = value === place ? `[${texts.join(',')}]` : JSON.stringify(value)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${members.join(',')}}`
}

/** This page's URL with the marker of the next one. */
function withMarker(self: string, marker: string): string {
  if (!self.includes('?')) return `${self}?marker=${encodeURIComponent(marker)}`
  const url = new URL(self)
  url.searchParams.set('marker', marker)
  return url.toString()
}
