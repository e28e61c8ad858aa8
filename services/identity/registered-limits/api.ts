import { declarations } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { id, integer, list, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { fits } from '../filters/filter.ts'
import { body, endpoint, listView, query, versions, view } from '../versions.ts'
import type { RegisteredLimitLogic } from './logic.ts'
import { mostOfAnything, type RegisteredLimit } from './registered-limit.ts'

const resourceName = text({ min: 1, max: 255 })
const amount = integer({ min: -1, max: mostOfAnything })

// biome-ignore format: a table of fields
const wished = object({
  service_id:    id,
  region_id:     maybe(nullable(text())),
  resource_name: resourceName,
  default_limit: amount,
  description:   maybe(nullable(text())),
})
const createBody = body(null, { registered_limits: required(list(wished, { min: 1 })) }, { extra: 'keep' })
// biome-ignore format: a table of fields
const updateBody = body('registered_limit', {
  service_id:    optional(id),
  region_id:     optional(nullable(text())),
  resource_name: optional(resourceName),
  default_limit: optional(amount),
  description:   optional(nullable(text())),
})
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<RegisteredLimit>()
// biome-ignore format: a table of fields
const limitView = view('registered_limit', {
  id:            shown(text(),           limit => limit.id),
  service_id:    shown(text(),           limit => limit.serviceId),
  region_id:     shown(nullable(text()), limit => limit.regionId),
  resource_name: shown(text(),           limit => limit.resourceName),
  default_limit: shown(integer(),        limit => limit.defaultLimit),
  description:   shown(nullable(text()), limit => limit.description),
  links:         shown(object({ self: text() }), (limit, { base }) => ({ self: `${base}/v3/registered_limits/${limit.id}` })),
})

/** The list of what was created has no links. */
const { listView: bareListView } = declarations(versions, (root, items) => ({ [root]: items }))

// biome-ignore format: a table of filters
const filters = {
  service_id:    (limit: RegisteredLimit) => limit.serviceId,
  region_id:     (limit: RegisteredLimit) => limit.regionId,
  resource_name: (limit: RegisteredLimit) => limit.resourceName,
}

// biome-ignore format: a table per route
export const registeredLimitApi = (limits: RegisteredLimitLogic) => [
  endpoint('GET /v3/registered_limits', {
    summary: 'List the registered limits',
    policy:  'identity:list_registered_limits',
    query:   query({ service_id: optional(text()), region_id: optional(text()), resource_name: optional(text()) }),
    status:  200,
    view:    listView('registered_limits', limitView),
    run:     async ({ query }) => ({ items: (await limits.list()).filter(fits(query, filters)) }),
  }),

  endpoint('POST /v3/registered_limits', {
    summary: 'Create registered limits, all or none',
    policy:  'identity:create_registered_limits',
    body:    createBody,
    status:  201,
    view:    bareListView('registered_limits', limitView),
    run:     async ({ body, cause }) => ({ items: await limits.create(body.registered_limits.map(createWishOf), cause) }),
  }),

  endpoint('GET /v3/registered_limits/{registered_limit_id}', {
    summary: 'Show a registered limit',
    policy:  'identity:get_registered_limit',
    status:  200,
    view:    limitView,
    run:     ({ params }) => limits.get(params.registered_limit_id),
  }),

  endpoint('PATCH /v3/registered_limits/{registered_limit_id}', {
    summary: 'Change a registered limit that nobody’s limit refers to',
    policy:  'identity:update_registered_limit',
    body:    updateBody,
    status:  200,
    view:    limitView,
    run:     ({ params, body, cause }) => limits.update(params.registered_limit_id, wishOf(body), cause),
  }),

  endpoint('DELETE /v3/registered_limits/{registered_limit_id}', {
    summary: 'Delete a registered limit that nobody’s limit refers to',
    policy:  'identity:delete_registered_limit',
    status:  204,
    run:     ({ params, cause }) => limits.delete(params.registered_limit_id, cause),
  }),
]

// biome-ignore format: a table of fields
const wishOf = (wished: Wished) => ({
  serviceId:    wished.service_id,
  regionId:     wished.region_id,
  resourceName: wished.resource_name,
  defaultLimit: wished.default_limit,
  description:  wished.description,
})

const createWishOf = (one: NonNullable<(typeof wished)['type']>) => ({
  ...wishOf(one),
  serviceId: one.service_id,
  resourceName: one.resource_name,
  defaultLimit: one.default_limit,
})
