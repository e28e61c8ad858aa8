import { optional } from '@kilonova/platform/http/fields.ts'
import { flag, integer, list, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, listView, query, since, view } from '../versions.ts'
import type { Flavor } from './flavor.ts'
import type { FlavorLogic } from './logic.ts'

const shown = shows<Flavor>()
const links = shown(list(object({ rel: text(), href: text() })), ({ id }, { base }) => [
  { rel: 'self', href: `${base}/v2.1/flavors/${id}` },
  { rel: 'bookmark', href: `${base}/flavors/${id}` },
])

// biome-ignore format: a table of fields
const briefView = view('flavor', {
  id:          shown(text(), flavor => flavor.id),
  name:        shown(text(), flavor => flavor.name),
  links,
  description: since('2.55', shown(nullable(text()), flavor => flavor.description)),
})

// biome-ignore format: a table of fields
const flavorView = view('flavor', {
  id:    shown(text(), flavor => flavor.id),
  name:  shown(text(), flavor => flavor.name),
  ram:   shown(integer(), flavor => flavor.memoryMb),
  vcpus: shown(integer(), flavor => flavor.vcpus),
  disk:  shown(integer(), flavor => flavor.diskGb),
  swap:  shown(oneOf('', 0), flavor => (flavor.swapMb === 0 ? '' : flavor.swapMb as 0)),
  rxtx_factor: shown(integer(), () => 1),
  'OS-FLV-EXT-DATA:ephemeral':  shown(integer(), flavor => flavor.ephemeralGb),
  'OS-FLV-DISABLED:disabled':   shown(flag, () => false),
  'os-flavor-access:is_public': shown(flag, () => true),
  links,
  description: since('2.55', shown(nullable(text()), flavor => flavor.description)),
})

const listQuery = query({
  is_public: optional(text()),
  sort_key: optional(text()),
  limit: optional(integer({ min: 0 })),
  marker: optional(text()),
})

// biome-ignore format: a table per route
export const flavorApi = (flavors: FlavorLogic) => [
  endpoint('GET /v2.1/flavors', {
    summary: 'List the flavors',
    policy:  'os_compute_api:flavors',
    query:   listQuery,
    status:  200,
    view:    listView('flavors', briefView),
    run:     async () => ({ items: await flavors.list() }),
  }),

  endpoint('GET /v2.1/flavors/detail', {
    summary: 'List the flavors with all they say',
    policy:  'os_compute_api:flavors',
    query:   listQuery,
    status:  200,
    view:    listView('flavors', flavorView),
    run:     async () => ({ items: await flavors.list() }),
  }),

  endpoint('GET /v2.1/flavors/{flavor_id}', {
    summary: 'Show a flavor',
    policy:  'os_compute_api:flavors',
    status:  200,
    view:    flavorView,
    run:     ({ params }) => flavors.get(params.flavor_id),
  }),
]
