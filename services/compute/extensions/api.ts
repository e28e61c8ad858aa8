import { type Endpoint, isOpen } from '@kilonova/platform/http/endpoint.ts'
import { list, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, listView, versions, view } from '../versions.ts'
import { type Extension, novaExtensions, updatedOfNova } from './extension.ts'

const shown = shows<Extension>()
// biome-ignore format: a table of fields
const extensionView = view('extension', {
  alias:       shown(text(), one => one.alias),
  name:        shown(text(), one => one.name),
  description: shown(text(), one => one.description),
  // NOTE: Nova speaks no XML any more, and names this in its place.
  namespace:   shown(text(), () => 'http://docs.openstack.org/compute/ext/fake_xml'),
  links:       shown(list(text()), () => []),
  updated:     shown(text(), one => one.updated),
})

// biome-ignore format: a table per route
export const extensionApi = (extensions: readonly Extension[]) => [
  endpoint('GET /v2.1/extensions', {
    summary: 'List what this API has beyond its first version',
    policy:  'os_compute_api:extensions',
    status:  200,
    view:    listView('extensions', extensionView),
    run:     () => ({ items: extensions }),
  }),

  endpoint('GET /v2.1/extensions/{alias}', {
    summary: 'Show one of them',
    policy:  'os_compute_api:extensions',
    status:  200,
    about:   ({ params }) => extensions.find(one => one.alias === params.alias) ?? refuseUnknown(params.alias),
    tellsAbsence: true,
    view:    extensionView,
    run:     ({ about }) => about,
  }),
]

const refuseUnknown = (alias: string): never => {
  throw new Refusal('not-found', `Extension ${alias} could not be found.`)
}

/** Those of Nova's extensions that these endpoints carry. */
export function carriedBy(endpoints: readonly Endpoint[]): readonly Extension[] {
  const there = new Set(endpoints.flatMap(tracesOf))
  return novaExtensions
    .filter(([, , comesDownTo]) => there.has(comesDownTo))
    .map(([alias, name, , description]) => ({ alias, name, description, updated: updatedOfNova }))
}

function tracesOf({ method, path, action, policy, body, query, view: shownView }: Endpoint): readonly string[] {
  const fields = (word: string, part: { schema(version: string): object } | undefined) =>
    [versions.first, versions.latest].flatMap(version => namesIn(part?.schema(version))).map(name => `${word} ${name}`)
  return [
    ...(isOpen(policy) ? [] : [`${method} ${path}`]),
    ...(action === undefined ? [] : [`action ${action}`]),
    ...fields('shows', shownView),
    ...fields('takes', body),
    ...fields('asks', query),
  ]
}

/** The names of all members, however deep. */
function namesIn(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([word, inside]) =>
    word === 'properties' ? [...Object.keys(inside), ...Object.values(inside).flatMap(namesIn)] : namesIn(inside),
  )
}
