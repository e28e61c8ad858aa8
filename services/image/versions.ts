import { declarations } from '@kilonova/platform/http/endpoint.ts'
import { ladder } from '@kilonova/platform/ladder.ts'

/** Glance's v2 has one rung: what it added over time shows as fields and routes, never as a version a caller asks for. */
export const versions = ladder({ 'v2.16': 'images as OpenStack serves them since 2023' })

/** The minor versions a client may look for; all of them are served at `/v2`. */
export const minors = [
  '2.16',
  '2.15',
  '2.14',
  '2.13',
  '2.12',
  '2.11',
  '2.10',
  '2.9',
  '2.8',
  '2.7',
  '2.6',
  '2.5',
  '2.4',
  '2.3',
  '2.2',
  '2.1',
  '2.0',
]

/** Glance puts where a list begins and goes on beside it, as paths without a host, and names its schema. */
export const { body, plainBody, query, view, listView, endpoint } = declarations(versions, (root, items, { next, self }) => ({
  [root]: items,
  first: pathOf(withoutMarker(self)),
  ...(next === undefined ? {} : { next: pathOf(next) }),
  schema: root === 'namespaces' ? '/v2/schemas/metadefs/namespaces' : `/v2/schemas/${root}`,
}))

const pathOf = (url: string) => url.slice(url.indexOf('/v2/', url.indexOf('://') + 3))

function withoutMarker(url: string): string {
  if (!url.includes('marker')) return url
  const parsed = new URL(url)
  if (!parsed.searchParams.has('marker')) return url
  parsed.searchParams.delete('marker')
  return parsed.toString()
}
